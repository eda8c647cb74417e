"""What officers do: take conversations over, answer, work on tickets."""
