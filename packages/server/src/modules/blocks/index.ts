/**
 * Content blocks as readers want them. A tool may say megabytes and a picture weighs as much; a reader on a phone names
 * a size, gets each block cut to it, and fetches the whole of the one it opens. What is stored is never cut.
 */
export { cutBlocks } from './cut.ts';
export { createEventCutter } from './cut-event.ts';
export { picturePath, picturesIn } from './pictures.ts';
