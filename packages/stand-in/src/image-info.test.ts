import { expect, test } from 'vitest';
import { imageInfo } from './image-info.ts';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAC0lEQVR4nGNgwAcAAB4AAVGgjZwAAAAASUVORK5CYII=';
const gif = Buffer.from('GIF89a\x05\x00\x07\x00', 'latin1').toString('base64');
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 10, 1, 1]).toString(
  'base64',
);

const info = (data: string, mediaType = 'image/x') =>
  imageInfo({ type: 'image', source: { type: 'base64', media_type: mediaType, data } });

test.each([
  ['png', png, { width: 2, height: 3 }],
  ['gif', gif, { width: 5, height: 7 }],
  ['jpeg', jpeg, { width: 10, height: 9 }],
  ['nonsense', 'AAAA', null],
  ['empty', '', null],
  ['cut off', png.slice(0, 12), null],
])('%s', (_name, data, size) => {
  expect(info(data).size).toEqual(size);
});

test('an image by address', () => {
  const source = { type: 'url', url: 'https://example.com/x.png' };
  expect(imageInfo({ type: 'image', source })).toEqual({ mediaType: 'image by address', size: null });
});
