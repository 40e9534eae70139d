/**
 * The event log of an owner: every event gets a number, goes to live readers at once, and what must last is stored.
 * A reader that comes back with the number it saw last gets what it missed, without a gap and without a double.
 * `partial` events live only in the bus' ring: whoever missed them gets the finished message.
 */

export { createReserve } from './reserve.ts';
export { keyRevoked, registerEventRoutes } from './routes.ts';
export { createEventLog, type EventLog } from './service.ts';
