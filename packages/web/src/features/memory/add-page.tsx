'use client';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useDeed } from '../../lib/use-deed.ts';
import { goBack } from '../../shell/router.ts';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Choice, Field } from '../../ui/field.tsx';
import { TextArea } from '../../ui/form.tsx';
import { Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { ProblemLine } from '../settings/part.tsx';
import { refreshMemories, useOffline } from './use-memories.ts';

const ways = [
  { value: 'as-is', label: 'As it is', hint: 'One memory, in your words.' },
  {
    value: 'facts',
    label: 'Find the facts in it',
    hint: 'For longer texts. The model reads it and keeps what matters.',
  },
] as const;

export const AddPage = () => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const offline = useOffline();
  const [text, setText] = useState('');
  const [category, setCategory] = useState('');
  const [way, setWay] = useState<(typeof ways)[number]['value']>('as-is');
  const [notes, setNotes] = useState<readonly string[]>([]);
  const { isBusy, problem, run } = useDeed();
  const save = async (): Promise<void> => {
    setNotes([]);
    const named = category.trim();
    const added = await client.memories.add({
      messages: text.trim(),
      infer: way === 'facts',
      ...(named === '' ? {} : { metadata: { category: named } }),
    });
    await refreshMemories(queries);
    if (added.count === 0) {
      setNotes(added.notes.length > 0 ? added.notes : ['Nothing in it was worth remembering.']);
      if (added.queued || added.merged > 0) setText('');
      return;
    }
    const words = added.count === 1 ? 'Remembered 1 thing' : `Remembered ${added.count} things`;
    showToast({ text: [words, ...added.notes].join('. ') });
    goBack('/memory');
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(save);
  };
  return (
    <Screen title="Add a memory" back="/memory">
      <form onSubmit={submit} className="flex flex-col gap-6 px-4 py-6">
        <TextArea
          label="What should be remembered?"
          rows={4}
          value={text}
          onText={setText}
          placeholder="We shower cold on Sundays, the boiler is off then."
        />
        <Choice legend="How" name="way" value={way} options={ways} onChange={setWay} />
        <Field
          label="Category (optional)"
          value={category}
          maxLength={100}
          onChange={(event) => setCategory(event.target.value)}
        />
        {notes.map((note) => (
          <Notice key={note}>{note}</Notice>
        ))}
        <ProblemLine>{problem}</ProblemLine>
        {offline ? (
          <p className="text-label text-ink-2">Adding needs a connection. What you typed stays here.</p>
        ) : null}
        <Button
          type="submit"
          tone="primary"
          busy={isBusy}
          disabled={offline || text.trim() === ''}
          className="self-start"
        >
          Remember it
        </Button>
      </form>
    </Screen>
  );
};
