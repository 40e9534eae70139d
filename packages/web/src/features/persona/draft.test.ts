import type { Persona } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { differences, fieldsOf, toChange, valueWords } from './draft.ts';

const persona: Persona = {
  name: 'Hearth',
  personality: null,
  communication_style: 'Plain',
  expertise_areas: ['ZFS', 'Docker'],
  proactivity: 'medium',
  verbosity: 'balanced',
  formality: 'balanced',
  use_emoji: false,
  custom_instructions: null,
  is_default: false,
  problem: null,
  version: 3,
  created_at: null,
  updated_at: null,
};

describe('the form of a persona', () => {
  const fields = fieldsOf(persona);

  it('says again what it was made of', () => {
    const { is_default: _d, problem: _p, version: _v, created_at: _c, updated_at: _u, ...rest } = persona;
    expect(toChange(fields)).toEqual(rest);
  });

  it('takes areas with commas and line breaks, and no empty ones', () => {
    expect(toChange({ ...fields, expertise: 'ZFS,, Docker\n Plex ,' }).expertise_areas).toEqual([
      'ZFS',
      'Docker',
      'Plex',
    ]);
  });

  it('tells no difference that is only in the spaces, and names the others in the order of the form', () => {
    expect(differences(fields, { ...fields, name: ' Hearth ', expertise: 'ZFS,Docker' })).toEqual([]);
    expect(differences(fields, { ...fields, use_emoji: true, name: 'Ada' })).toEqual(['name', 'use_emoji']);
  });

  it('leaves a name that is being typed anew as it is', () => {
    expect(toChange({ ...fields, name: '  ' })).not.toHaveProperty('name');
  });

  it('says values in words', () => {
    expect(valueWords(fields, 'personality')).toBe('Nothing');
    expect(valueWords(fields, 'verbosity')).toBe('Brief');
    expect(valueWords({ ...fields, use_emoji: true }, 'use_emoji')).toBe('Where it fits');
  });
});
