"""Where the desk keeps what must last: tables, repositories, files."""
