'use client';
/** For how long memories are kept, for all of them and by category. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useDeed } from '../../lib/use-deed.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Field, Select } from '../../ui/field.tsx';
import { Failed, Skeleton } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { Part, ProblemLine } from '../settings/part.tsx';
import { allOthers, daysProblem, daysWords, namesOf, type Retention, readDays, type Way, wayOf } from './retention.ts';
import { memoriesKey } from './use-memories.ts';
import { type SaveRule, useSaveRule } from './use-settings.ts';
import { categoryWord } from './words.ts';

interface DaysFormProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  problem: string | null;
  isBusy: boolean;
  disabled: boolean;
  onSave: () => void;
}

/** Also used by the fixture page. */
export const DaysForm = ({ label, text, onText, problem, isBusy, disabled, onSave }: DaysFormProps) => (
  <form
    // The browser's own bubbles would say it in other words, and not below the field.
    noValidate={true}
    onSubmit={(event) => {
      event.preventDefault();
      onSave();
    }}
    className="ml-auto flex w-52 items-start gap-2 pb-3"
  >
    <Field
      label="Days"
      aria-label={`Days for ${label}`}
      inputMode="numeric"
      autoComplete="off"
      value={text}
      error={problem}
      onChange={(event) => onText(event.target.value)}
      className="min-w-0 flex-1"
    />
    <Button type="submit" busy={isBusy} disabled={disabled} className="mt-6">
      Save
    </Button>
  </form>
);

interface RuleProps {
  name: string;
  retention: Retention;
  offline: boolean;
  onSave: SaveRule;
}

/** A choice is saved at once; a number of days when it is whole. */
const useRule = ({ name, retention, onSave }: RuleProps, label: string) => {
  const stored = retention[name];
  const storedText = typeof stored === 'number' ? String(stored) : '';
  const [way, setWay] = useState<Way>(wayOf(retention, name));
  const [text, setText] = useState(storedText);
  const [wrong, setWrong] = useState<string | null>(null);
  const deed = useDeed();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is stored under this name counts
  useEffect(() => {
    setWay(wayOf(retention, name));
    setText(storedText);
  }, [stored]);
  const choose = async (next: Way): Promise<void> => {
    setWay(next);
    setWrong(null);
    if (next === 'days') return;
    const isSaved = await deed.run(() => onSave(name, next === 'ever' ? null : undefined));
    if (!isSaved) setWay(wayOf(retention, name));
  };
  const saveDays = async (): Promise<void> => {
    const days = readDays(text);
    setWrong(days === null ? daysProblem() : null);
    if (days === null) return;
    const isSaved = await deed.run(() => onSave(name, days));
    if (isSaved) showToast({ text: `${label}: kept for ${daysWords(days)}` });
  };
  const type = (next: string): void => {
    setText(next);
    setWrong(null);
  };
  return { way, choose, text, type, saveDays, isBusy: deed.isBusy, wrong: wrong ?? deed.problem, storedText };
};

const Rule = (props: RuleProps) => {
  const { name, offline } = props;
  const label = name === allOthers ? 'All memories' : categoryWord(name);
  const rule = useRule(props, label);
  return (
    <li className="border-b border-line last:border-b-0">
      <Select
        label={label}
        beside={true}
        value={rule.way}
        disabled={offline}
        onChange={({ target: { value } }) => void rule.choose(value === 'days' || value === 'ever' ? value : 'same')}
      >
        {name === allOthers ? null : <option value="same">As for all</option>}
        <option value="ever">Keep for ever</option>
        <option value="days">
          {rule.storedText === '' ? 'Keep for some days' : `Keep for ${daysWords(Number(rule.storedText))}`}
        </option>
      </Select>
      {rule.way === 'days' ? (
        <DaysForm
          label={label}
          text={rule.text}
          onText={rule.type}
          problem={rule.wrong}
          isBusy={rule.isBusy}
          disabled={offline || rule.text.trim() === rule.storedText}
          onSave={() => void rule.saveDays()}
        />
      ) : (
        <ProblemLine>{rule.wrong}</ProblemLine>
      )}
    </li>
  );
};

export const RetentionPart = ({ retention, offline }: { retention: Retention; offline: boolean }) => {
  const { client } = useHearth();
  const onSave = useSaveRule();
  const counts = useQuery({
    queryKey: [...memoriesKey, 'categories'],
    queryFn: async ({ signal }) => (await client.memories.list({ page_size: 1 }, { signal })).categories,
  });
  return (
    <Part
      title="How long memories are kept"
      hint="Counted from the day a memory is about. Every hour, older ones are deleted for good; nothing brings them back."
    >
      <ul>
        {[allOthers, ...namesOf(retention, counts.data ?? {})].map((name) => (
          <Rule key={name} {...{ name, retention, offline, onSave }} />
        ))}
      </ul>
      {counts.isPending ? <Skeleton flush={true} rows={2} label="Loading the categories" /> : null}
      {counts.isError ? (
        <Failed
          flush={true}
          what="Your categories could not be loaded"
          detail={problemOf(counts.error)}
          onRetry={() => void counts.refetch()}
        />
      ) : null}
    </Part>
  );
};
