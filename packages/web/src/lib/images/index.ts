/** Pictures on their way to the model: made small, upright and anonymous in the browser, before anything is sent. */
export { blobToBase64 } from './base64.ts';
export { shrinkImage } from './shrink.ts';
