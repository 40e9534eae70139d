/** Pictures on their way into a message: shrunk in the browser, so that a phone's photo is small before it is sent. */
import type { ImageInput } from '@hearth/contract';
import { useState } from 'react';

export interface Attach {
  isBusy: boolean;
  problem: string | null;
  add: (files: readonly File[]) => Promise<void>;
}

const mostImages = 20;

export const useAttach = (images: readonly ImageInput[], onChange: (images: readonly ImageInput[]) => void): Attach => {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const add = async (files: readonly File[]): Promise<void> => {
    setProblem(null);
    setBusy(true);
    const added: ImageInput[] = [];
    try {
      // Fetched with the first picture.
      const { blobToBase64, shrinkImage } = await import('../../lib/images/index.ts');
      for (const file of files.slice(0, mostImages - images.length)) {
        const { blob, mediaType } = await shrinkImage(file);
        added.push({ type: 'base64', media_type: mediaType, data: await blobToBase64(blob) });
      }
      if (files.length > mostImages - images.length) setProblem(`A message holds ${mostImages} pictures at most.`);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : 'This picture could not be read.');
    } finally {
      setBusy(false);
      if (added.length > 0) onChange([...images, ...added]);
    }
  };
  return { isBusy, problem, add };
};
