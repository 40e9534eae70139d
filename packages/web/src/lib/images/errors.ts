/** Why a picture cannot be sent. */
export type ImageProblem = 'heic' | 'svg' | 'not_image' | 'too_large' | 'unreadable';

const WORDS: Readonly<Record<ImageProblem, string>> = {
  heic: "This browser can't read this photo (HEIC). Choose 'Most compatible' in the camera settings, or send a JPEG.",
  svg: "Drawings in SVG can't be sent. Send a PNG or a JPEG of it.",
  not_image: 'This file is not a picture. Send a JPEG, PNG, GIF or WebP.',
  too_large: 'This picture is too large to be opened here. Send a smaller one.',
  unreadable: "This browser can't read this picture. It may be damaged.",
};

/** Its message is a sentence for a person. */
export class ImageError extends Error {
  readonly problem: ImageProblem;

  constructor(problem: ImageProblem, options?: ErrorOptions) {
    super(WORDS[problem], options);
    this.name = 'ImageError';
    this.problem = problem;
  }
}
