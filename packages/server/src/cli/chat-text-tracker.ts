/**
 * What of an answer has been shown already. Text streams in as deltas and comes again as a whole message; after a
 * reconnect deltas may be missing in the middle. Either way each word is shown once, and a correction is shown whole.
 */
export interface TextTracker {
  /** A newline, when the cursor stands behind streamed text. */
  breakLine(): string;
  stream(key: string, text: string): string;
  /** The finished text of a block: returns what is still missing of it. */
  finish(text: string): string;
  think(nowMs: number): void;
  /** How long the thinking that ends now has lasted, once. */
  thoughtUntil(nowMs: number): number | undefined;
  /** True when a finished thinking block has been reported from its deltas. */
  wasThought(): boolean;
  reset(): string;
}

export const createTextTracker = (): TextTracker => {
  const streamed = new Map<string, string>();
  let isMidLine = false;
  let thinkingSinceMs: number | undefined;
  let reportedThoughts = 0;

  const put = (text: string): string => {
    if (text !== '') isMidLine = !text.endsWith('\n');
    return text;
  };
  const breakLine = (): string => (isMidLine ? put('\n') : '');

  return {
    breakLine,
    stream: (key, text) => {
      const before = streamed.get(key);
      streamed.set(key, (before ?? '') + text);
      return (before === undefined ? breakLine() : '') + put(text);
    },
    finish: (text) => {
      const match = [...streamed].find(([, shown]) => text.startsWith(shown));
      // Deltas that do not begin this text have a gap: they are closed off, and the text is shown as it really is.
      const key = match?.[0] ?? streamed.keys().next().value;
      if (key !== undefined) streamed.delete(key);
      const missing = match === undefined ? breakLine() + put(text) : put(text.slice(match[1].length));
      return missing + breakLine();
    },
    think: (nowMs) => {
      thinkingSinceMs ??= nowMs;
    },
    thoughtUntil: (nowMs) => {
      if (thinkingSinceMs === undefined) return undefined;
      const lastedMs = nowMs - thinkingSinceMs;
      thinkingSinceMs = undefined;
      reportedThoughts += 1;
      return lastedMs;
    },
    wasThought: () => {
      if (reportedThoughts === 0) return false;
      reportedThoughts -= 1;
      return true;
    },
    reset: () => {
      streamed.clear();
      thinkingSinceMs = undefined;
      reportedThoughts = 0;
      return breakLine();
    },
  };
};
