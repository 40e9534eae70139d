/** The models the stand-in lists. Any other name that begins like a Claude model is answered as well. */

export interface Model {
  type: 'model';
  id: string;
  display_name: string;
  created_at: string;
  max_input_tokens: number;
  max_tokens: number;
}

const model = (id: string, displayName: string, createdAt: string): Model => ({
  type: 'model',
  id,
  display_name: displayName,
  created_at: createdAt,
  max_input_tokens: 200_000,
  max_tokens: 64_000,
});

export const models: Model[] = [
  model('claude-opus-5-5', 'Claude Opus 5.5', '2026-06-01T00:00:00Z'),
  model('claude-sonnet-5-5', 'Claude Sonnet 5.5', '2026-06-01T00:00:00Z'),
  model('claude-haiku-5-5', 'Claude Haiku 5.5', '2026-06-01T00:00:00Z'),
];

export const modelPage = () => ({
  data: models,
  has_more: false,
  first_id: models[0]?.id ?? null,
  last_id: models.at(-1)?.id ?? null,
});

export const findModel = (id: string): Model | undefined => models.find((known) => known.id === id);

export const isKnownModel = (id: string): boolean => id.startsWith('claude-');
