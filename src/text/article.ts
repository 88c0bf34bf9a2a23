/** "an" before a word that begins with a vowel letter, "a" before others. */
export function articleFor(word: string): 'a' | 'an' {
  return /^[aeiou]/i.test(word) ? 'an' : 'a';
}
