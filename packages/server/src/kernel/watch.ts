/** Notices that a part which was away is there again, so that what waits for it need not wait for its next try. */
interface Part {
  name: string;
  /** Rejects while it is away. */
  ping: () => Promise<void>;
}

/** One look; call it again and again. `onBack` is called when at least one part has come back since the last look. */
export const createWatch = (probes: readonly Part[], onBack: () => Promise<void>) => {
  const away = new Set<string>();
  const look = async ({ name, ping }: Part): Promise<boolean> => {
    try {
      await ping();
      return away.delete(name);
    } catch {
      away.add(name);
      return false;
    }
  };
  return async (): Promise<void> => {
    const back = await Promise.all(probes.map(look));
    if (back.includes(true)) await onBack();
  };
};
