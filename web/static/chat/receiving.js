// Receives messages: the history once, then the stream, which heals itself.

const SILENCE = 50000; // the server beats every 20 seconds
const RETRY = 4000;

export class Inbound {
  /**
   * @param last function that returns the id of the last message the page has
   * @param on {message, owner, connected, lost}
   */
  constructor(last, on) {
    this.last = last;
    this.on = on;
    this.source = null;
    this.watchdog = null;
    this.retry = null;
    addEventListener("online", () => this.reopen());
    addEventListener("pageshow", (event) => event.persisted && this.reopen());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.isOpen) this.reopen();
    });
  }

  get isOpen() {
    return this.source?.readyState === EventSource.OPEN;
  }

  async start() {
    try {
      const response = await fetch(`/chat/history?after=${this.last()}`);
      if (response.ok) {
        const { messages, owner } = await response.json();
        this.on.history(messages);
        this.on.owner(owner);
      }
    } catch {
      this.on.lost();
    }
    this.open();
  }

  open() {
    this.close();
    const source = new EventSource(`/chat/events?after=${this.last()}`);
    this.source = source;
    const alive = () => {
      if (source !== this.source) return;
      this.on.connected();
      this.watch();
    };
    source.addEventListener("open", alive);
    source.addEventListener("beat", alive);
    source.addEventListener("owner", (event) => this.on.owner(JSON.parse(event.data)));
    source.addEventListener("message", (event) => {
      alive();
      this.on.message(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      this.on.lost();
      // A browser gives up for good on any answer but 200; we do not.
      if (source.readyState === EventSource.CLOSED) this.reopenSoon();
    });
    this.watch();
  }

  close() {
    clearTimeout(this.watchdog);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  reopen() {
    this.close();
    this.start();
  }

  reopenSoon() {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.reopen(), RETRY);
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.on.lost();
      this.reopen();
    }, SILENCE);
  }
}
