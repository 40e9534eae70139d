'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Failed, Skeleton } from '../../ui/notice.tsx';
import { shortDate } from '../chat/model/time.ts';
import { inputText } from '../chat/model/tools.ts';
import { ProblemLine } from './part.tsx';

const rulesKey = ['tool-rules'] as const;

export const RulesPage = () => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string | null>(null);
  const rules = useQuery({ queryKey: rulesKey, queryFn: ({ signal }) => client.toolRules.list({ signal }) });
  if (rules.isPending) return <Skeleton flush={true} rows={3} label="Loading" />;
  if (rules.isError)
    return (
      <Failed
        flush={true}
        what="The rules could not be loaded"
        detail={problemOf(rules.error)}
        onRetry={() => void rules.refetch()}
      />
    );
  const revoke = async (id: string): Promise<void> => {
    setProblem(null);
    try {
      await client.toolRules.revoke(id);
      await queries.invalidateQueries({ queryKey: rulesKey });
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  if (rules.data.rules.length === 0) {
    return (
      <p className="measure text-list text-ink-2">
        Nothing is always allowed. “Always allow exactly this” under More on a question adds a step here.
      </p>
    );
  }
  return (
    <>
      <ProblemLine>{problem}</ProblemLine>
      <ul className="flex flex-col gap-4">
        {rules.data.rules.map((rule) => (
          <li key={rule.id} className="flex flex-col gap-2 border-b border-line pb-4">
            <p className="text-list font-semibold">{rule.tool}</p>
            <pre className="overflow-auto rounded-code bg-sunk p-3 font-mono text-label whitespace-pre-wrap">
              {inputText({ name: rule.tool, input: rule.input }).slice(0, 4_000)}
            </pre>
            <div className="flex items-center justify-between gap-3 text-label text-ink-2">
              <span>
                {rule.cwd ? `In ${rule.cwd}. ` : ''}Since {shortDate(rule.created_at)}
                {rule.last_used_at ? `, last used ${shortDate(rule.last_used_at)}` : ', not used yet'}
              </span>
              <Button className="shrink-0" onClick={() => void revoke(rule.id)}>
                Ask again
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
};
