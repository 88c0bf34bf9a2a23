/** Words that begin with another sound than their first letter says: "a unicorn", "an hour". */
const consonantSound = /^(?:uni(?!n|m|d)|us[aeu]|ut[ei]|eu|ewe|one\b|once\b|ukulele)/i;
const vowelSound = /^(?:hour|honest|honou?r|heir)/i;

/** "an" before a word that begins with a vowel's sound, "a" before others. */
export function articleFor(word: string): 'a' | 'an' {
  if (vowelSound.test(word)) return 'an';
  return /^[aeiou]/i.test(word) && !consonantSound.test(word) ? 'an' : 'a';
}
