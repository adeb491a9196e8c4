/** A word as POSIX sh reads it back unchanged, whatever it holds. The one place where arguments are quoted. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
