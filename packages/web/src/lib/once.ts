/** Made when first used: the browser's formats take it some milliseconds each, which the start of a page does not have. */
export const once = <T extends object>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
