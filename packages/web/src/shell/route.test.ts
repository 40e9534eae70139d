import { describe, expect, it } from 'vitest';
import { parseRoute } from './route.ts';

describe('an address', () => {
  it.each([
    ['/', { name: 'chats' }],
    ['/chats', { name: 'chats' }],
    ['/chats/', { name: 'chats' }],
    ['/c/new', { name: 'new' }],
    ['/c/abc', { name: 'chat', id: 'abc' }],
    ['/c/a%20b', { name: 'chat', id: 'a b' }],
    ['/approve/abc', { name: 'approve', id: 'abc' }],
    ['/settings', { name: 'settings', section: null }],
    ['/settings/keys', { name: 'settings', section: 'keys' }],
    ['/memory', { name: 'memory', section: null, about: null }],
    ['/memory/settings', { name: 'memory', section: 'settings', about: null }],
    ['/memory/people/Anna%20B', { name: 'memory', section: 'people', about: 'Anna B' }],
    ['/memory/other/Anna', { name: 'missing' }],
    ['/memory/people/%', { name: 'missing' }],
    ['/persona', { name: 'persona' }],
    ['/persona/x', { name: 'missing' }],
    ['/status', { name: 'status' }],
    ['/login', { name: 'login' }],
    ['/fixtures', { name: 'fixtures' }],
    ['/c', { name: 'missing' }],
    ['/approve', { name: 'missing' }],
    ['/c/a/b', { name: 'missing' }],
    ['/status/x', { name: 'missing' }],
    ['/nothing', { name: 'missing' }],
    // Cut in the middle of a letter, as links in mails are.
    ['/c/%E0%A4%A', { name: 'missing' }],
    ['/approve/%', { name: 'missing' }],
  ])('%s', (path, route) => expect(parseRoute(path)).toEqual(route));
});
