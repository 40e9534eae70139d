import { describe, expect, it } from 'vitest';
import { saysTheSame } from './same-sense.ts';

describe('facts that lie close together', () => {
  it.each([
    ['The owner plays the piano.', 'The owner plays piano'],
    ['The owner does not eat meat.', "The owner doesn't eat any meat."],
    ['The owner has a dog called Rex.', 'The owner has a dog named Rex.'],
    ['The owner lives in Berlin.', 'The owner currently lives in Berlin'],
    ['The owner’s sister lives in Graz.', "The owner's sister lives in Graz!"],
    ["The owner can't swim.", 'The owner cannot swim.'],
    ['The flight is at 9:30.', 'The flight is at 9:30'],
  ])('say the same: %s %s', (one, other) => {
    expect(saysTheSame(one, other)).toBe(true);
    expect(saysTheSame(other, one)).toBe(true);
  });

  it.each([
    ['The owner likes tea.', "The owner doesn't like tea."],
    ['I like tea', "I don't like tea"],
    ['The owner likes tea.', 'The owner likes coffee.'],
    ['The owner likes tea.', 'The owner liked tea.'],
    ['The owner likes tea.', 'The owner never likes tea.'],
    ['The flight is at 9.', 'The flight is at 10.'],
    ['The flight is at 9:30.', 'The flight is at 9:03.'],
    ['The dose is 1.5 mg.', 'The dose is 15 mg.'],
    ['It is -5 degrees in the shed.', 'It is 5 degrees in the shed.'],
    ['The owner knows C.', 'The owner knows C++.'],
    ['The owner is a nurse.', 'The owner has a nurse.'],
    ['The owner takes the pill before breakfast.', 'The owner takes the pill after breakfast.'],
    ['The heating is on.', 'The heating is off.'],
    ['Anna called Ben.', 'Ben called Anna.'],
    ['The owner owes the plumber money.', 'The plumber owes the owner money.'],
    ['The owner has a few friends.', 'The owner has few friends.'],
    ['The owner has a dog.', 'The owner has dogs.'],
    ['The owner lives in Berlin.', 'The owner lived in Berlin.'],
    ["The owner's sister lives in Graz.", "The owner's brother lives in Graz."],
    ['The owner lives in Berlin.', 'The owner lives in Bern.'],
    ['The owner likes Apple.', 'The owner likes apple.'],
    ['The owner ❤ tea.', 'The owner 💔 tea.'],
    ['.', '!'],
  ])('say something else: %s %s', (one, other) => {
    expect(saysTheSame(one, other)).toBe(false);
  });
});
