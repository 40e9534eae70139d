/** Tools of the host itself, offered to a `claude` process as an MCP server that lives in this process. */
import type { createSdkMcpServer, McpServerConfig, tool } from '@anthropic-ai/claude-agent-sdk';
import { jsonObjectSchema } from '@hearth/contract';
import { z } from 'zod';
import { type OwnTool, ownToolServer } from '../provider.ts';

/** The process says which of the model's calls this is. */
const callShape = z.looseObject({
  signal: z.instanceof(AbortSignal).optional(),
  _meta: z.looseObject({ 'claudecode/toolUseId': z.string().optional() }).optional(),
});

const said = (text: string, isError = false) => ({ content: [{ type: 'text' as const, text }], isError });

const runTool = async (own: OwnTool, args: unknown, extra: unknown) => {
  const call = callShape.safeParse(extra).data;
  const toolUseId = call?._meta?.['claudecode/toolUseId'] ?? null;
  try {
    return said(await own.run(jsonObjectSchema.parse(args), { toolUseId, signal: call?.signal }));
  } catch (error) {
    return said(error instanceof Error ? error.message : 'It failed.', true);
  }
};

export const ownMcpServers = (
  sdk: { createSdkMcpServer: typeof createSdkMcpServer; tool: typeof tool },
  tools: readonly OwnTool[],
): Record<string, McpServerConfig> => {
  if (tools.length === 0) return {};
  const definitions = tools.map((own) =>
    sdk.tool(own.name, own.description, own.input, (args, extra) => runTool(own, args, extra), {
      annotations: { readOnlyHint: own.readOnly },
      // They are few and always wanted: a search for them would cost a turn of the model.
      alwaysLoad: true,
    }),
  );
  return { [ownToolServer]: sdk.createSdkMcpServer({ name: ownToolServer, tools: definitions, alwaysLoad: true }) };
};
