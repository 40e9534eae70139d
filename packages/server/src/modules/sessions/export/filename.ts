/** Names of downloads: from a title to something every file system takes, and the header that says it (RFC 6266). */

const longestName = 80;
/** Names that Windows keeps for devices. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** `title` without what may not stand in a file's name, or could make it look like another one. */
export const fileNameOf = (title: string, extension: string): string => {
  const safe = title
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const short = [...safe]
    .slice(0, longestName)
    .join('')
    .replace(/^[. ]+/, '')
    .replace(/[. ]+$/, '');
  const name = short === '' ? 'conversation' : short;
  return `${devices.test(name) ? '_' : ''}${name}.${extension}`;
};

const encodeExtended = (name: string): string =>
  encodeURIComponent(name).replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** The plain name is for old readers: ASCII only, and nothing that one of them might decode. */
export const attachment = (name: string): string => {
  const ascii = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x20-\x7e]|[%"\\]/g, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encodeExtended(name)}`;
};
