/** A body that is written while it is read, for downloads of any length. */
const encoder = new TextEncoder();

/** `onBroken`: the answer has begun, so breaking it off is the only way left to say that it is not whole. */
export const textStream = (
  pieces: AsyncGenerator<string>,
  onBroken: (error: unknown) => void,
): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const piece = await pieces.next();
        if (piece.done) controller.close();
        else controller.enqueue(encoder.encode(piece.value));
      } catch (error) {
        onBroken(error);
        controller.error(error);
      }
    },
    cancel: async () => void (await pieces.return(undefined)),
  });
