/**
 * Calls for tools that do not exist in a run are refused by the agent process itself and never reach the gate. They are
 * found in the conversation - asked for, answered with an error, unseen by the gate - so that they leave an audit row
 * like every other refusal.
 */
import type { HearthEvent } from '@hearth/contract';

export interface UnofferedCalls {
  /** The gate was asked about this call. */
  gated(toolUseId: string): void;
  /** Names of tools whose refusal this event reveals. */
  see(event: HearthEvent): string[];
}

export const createUnofferedCalls = (): UnofferedCalls => {
  const seenByGate = new Set<string>();
  const asked = new Map<string, string>();
  return {
    gated: (toolUseId) => void seenByGate.add(toolUseId),
    see(event) {
      if (event.type !== 'message') return [];
      const refused: string[] = [];
      for (const block of event.data.content) {
        if (block.type === 'tool_use') asked.set(block.id, block.name);
        if (block.type !== 'tool_result') continue;
        const name = asked.get(block.tool_use_id);
        asked.delete(block.tool_use_id);
        if (name !== undefined && block.is_error === true && !seenByGate.has(block.tool_use_id)) refused.push(name);
      }
      return refused;
    },
  };
};
