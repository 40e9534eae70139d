import type { ContractStep } from '../provider.contract.ts';
import { providerContract } from '../provider.contract.ts';
import { createScriptedProvider, type ScriptStep } from './index.ts';

const toScript = (step: ContractStep): ScriptStep => ('fail' in step ? { fail: 'MODEL_OVERLOADED' } : step);

providerContract('scripted', async () => {
  let turns: ContractStep[][] = [];
  let seen = '';
  const provider = createScriptedProvider(({ text, history }) => {
    seen = [...history, text].join('\n');
    return (turns.shift() ?? []).map(toScript);
  });
  return {
    provider,
    answer: (next) => {
      turns = next;
    },
    lastSeen: () => seen,
    close: async () => {},
  };
});
