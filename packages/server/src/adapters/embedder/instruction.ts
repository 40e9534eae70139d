/**
 * Some models were trained to read a question together with what it is asked for; texts go in as they are. Without it
 * they find less, so the models known to want it get one unless the operator says otherwise.
 */
const wanting = /qwen3-embedding/i;
const usual = 'Given a question, retrieve what is remembered about it';

/** `instruction`: one English sentence; empty for none, undefined for what the model is known to want. */
export const createAsQuestion = (model: string, instruction: string | undefined): ((text: string) => string) => {
  const wanted = instruction ?? (wanting.test(model) ? usual : '');
  // As the model card of Qwen3-Embedding writes it.
  return wanted === '' ? (text) => text : (text) => `Instruct: ${wanted}\nQuery:${text}`;
};
