/** Runs of letters and digits, in lower case. Which form of Unicode they are compared in is up to the caller. */
export const wordsIn = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
