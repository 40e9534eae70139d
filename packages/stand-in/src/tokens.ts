/** A deterministic stand-in for a tokenizer: about four characters a token. Images count by a flat rate. */
import type { Block, CountBody, InputBlock } from './protocol.ts';

const imageTokens = 1500;

export const tokensOfText = (value: string): number => Math.ceil(value.length / 4);

/** Image data does not count by length, everything else as the JSON it is. */
export const tokensOfInputBlock = (block: InputBlock): number => {
  if (block.type === 'image' || block.type === 'document') return imageTokens;
  if (block.type === 'text') return tokensOfText(block.text ?? '');
  const { cache_control: _unused, ...rest } = block;
  return tokensOfText(JSON.stringify(rest));
};

export const tokensOfBlock = (block: Block): number => {
  if (block.type === 'text') return tokensOfText(block.text);
  if (block.type === 'thinking') return tokensOfText(block.thinking);
  return tokensOfText(block.name) + tokensOfText(JSON.stringify(block.input));
};

export const inputTokensOf = (body: CountBody): number => {
  const tools = (body.tools ?? []).reduce((sum, tool) => sum + tokensOfText(JSON.stringify(tool)), 0);
  const blocks = [...(body.system ?? []), ...body.messages.flatMap(({ content }) => content)];
  return tools + blocks.reduce((sum, block) => sum + tokensOfInputBlock(block), 0);
};
