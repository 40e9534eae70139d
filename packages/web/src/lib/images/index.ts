/** Pictures on their way to the model: made small, upright and anonymous in the browser, before anything is sent. */
export { blobToBase64 } from './base64.ts';
export { ImageError, type ImageProblem } from './errors.ts';
export type { MediaType } from './plan.ts';
export { type Shrunk, shrinkImage } from './shrink.ts';
