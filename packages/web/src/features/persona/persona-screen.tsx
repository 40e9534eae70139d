'use client';
/** How the assistant speaks: a form, the text it becomes, and the versions before. */
import type { Persona } from '@hearth/contract';
import { clsx } from 'clsx';
import type { FormEvent } from 'react';
import { useStore } from 'zustand';
import { problemOf } from '../../lib/store/store.ts';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Field, Select } from '../../ui/field.tsx';
import { TextArea } from '../../ui/form.tsx';
import { Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { SwitchRow } from '../../ui/switch.tsx';
import { ProblemLine } from '../settings/part.tsx';
import { Compare } from './compare.tsx';
import { choices, type Fields, labels } from './draft.ts';
import { Preview } from './preview.tsx';
import { type PersonaForm, usePersona, usePersonaForm } from './use-persona.ts';
import { Versions } from './versions.tsx';

interface PickProps<Name extends keyof typeof choices> {
  name: Name;
  form: PersonaForm;
}

const Pick = <Name extends keyof typeof choices>({ name, form }: PickProps<Name>) => (
  <Select
    label={labels[name]}
    value={form.fields[name]}
    onChange={(event) => {
      const [chosen] = Object.keys(choices[name]).filter((one) => one === event.target.value);
      if (chosen !== undefined) form.edit({ [name]: chosen });
    }}
  >
    {Object.entries(choices[name]).map(([value, words]) => (
      <option key={value} value={value}>
        {words}
      </option>
    ))}
  </Select>
);

type TextName = 'personality' | 'communication_style' | 'custom_instructions';

const Text = ({
  name,
  form,
  rows,
  max,
  hint,
}: {
  name: TextName;
  form: PersonaForm;
  rows: number;
  max: number;
  hint?: string;
}) => (
  <TextArea
    label={labels[name]}
    rows={rows}
    maxLength={max}
    value={form.fields[name]}
    error={form.problems[name]}
    hint={hint}
    onText={(text) => form.edit({ [name]: text } satisfies Partial<Fields>)}
  />
);

const Inputs = ({ form }: { form: PersonaForm }) => (
  <>
    <Field
      label={labels.name}
      value={form.fields.name}
      maxLength={100}
      error={form.problems.name ?? (form.fields.name.trim() === '' ? 'It needs a name.' : null)}
      onChange={(event) => form.edit({ name: event.target.value })}
    />
    <div className="grid gap-4 sm:grid-cols-3">
      <Pick name="verbosity" form={form} />
      <Pick name="formality" form={form} />
      <Pick name="proactivity" form={form} />
    </div>
    <SwitchRow
      label={labels.use_emoji}
      hint="Where one fits"
      checked={form.fields.use_emoji}
      onChange={(use_emoji) => form.edit({ use_emoji })}
    />
    <Text
      name="personality"
      form={form}
      rows={2}
      max={2_000}
      hint="For example: dry humour, patient, never flatters."
    />
    <Text
      name="communication_style"
      form={form}
      rows={2}
      max={2_000}
      hint="For example: the command first, the reason after it."
    />
    <Field
      label={labels.expertise}
      value={form.fields.expertise}
      error={form.problems.expertise}
      hint="With commas between: ZFS, Docker, bread"
      onChange={(event) => form.edit({ expertise: event.target.value })}
    />
    <Text name="custom_instructions" form={form} rows={5} max={8_000} hint="What it should always know or do." />
  </>
);

const SaveRow = ({ form, offline }: { form: PersonaForm; offline: boolean }) => {
  const isDirty = form.changed.length > 0;
  return (
    // What is unsaved keeps its button in sight.
    <div
      className={clsx('flex flex-col gap-2', isDirty && 'sticky bottom-0 -mx-4 border-t border-line bg-bg px-4 py-3')}
    >
      <div className="flex flex-wrap items-center gap-2">
        <Button
          type="submit"
          tone="primary"
          busy={form.isBusy}
          disabled={offline || !isDirty || form.isElsewhere || form.fields.name.trim() === ''}
        >
          Save
        </Button>
        {isDirty ? <Button onClick={form.discard}>Discard changes</Button> : null}
        <span className="text-label text-ink-2">
          Reaches new chats only; open chats keep the persona they began with.
        </span>
      </div>
      {form.isElsewhere ? null : <ProblemLine>{form.problems.form}</ProblemLine>}
      {offline ? (
        <p className="text-label text-ink-2">Saving needs a connection. What you typed is kept on this device.</p>
      ) : null}
    </div>
  );
};

const Body = ({ known }: { known: Persona }) => {
  const { store } = useHearth();
  const offline = useStore(store.state, ({ link }) => link.status === 'down');
  const form = usePersonaForm(known);
  if (!form.isReady) return null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void form.save();
  };
  return (
    <div className="grid gap-8 px-4 py-6 lg:grid-cols-[minmax(0,1fr)_360px]">
      <div className="flex min-w-0 flex-col gap-8">
        {known.problem ? <Notice tone="danger">{known.problem}</Notice> : null}
        {form.isElsewhere ? <Compare form={form} known={known} /> : null}
        {known.is_default && !known.problem && form.changed.length === 0 ? (
          <p className="text-label text-ink-2">This is the default. Nothing was set yet.</p>
        ) : null}
        <form onSubmit={submit} className="flex flex-col gap-5">
          <Inputs form={form} />
          <SaveRow form={form} offline={offline} />
        </form>
      </div>
      <aside className="flex min-w-0 flex-col gap-8" aria-label="Preview and versions">
        <Preview fields={form.fields} offline={offline} />
        <Versions form={form} current={known.version} offline={offline} />
      </aside>
    </div>
  );
};

export const PersonaScreen = () => {
  const { persona, known } = usePersona();
  return (
    <Screen title="Persona" phoneBack="/settings" wide={true}>
      {known ? <Body known={known} /> : null}
      {!known && persona.isPending ? <Skeleton rows={6} label="Loading the persona" /> : null}
      {!known && persona.isError ? (
        <Failed
          what="The persona could not be loaded"
          detail={problemOf(persona.error)}
          onRetry={() => void persona.refetch()}
        />
      ) : null}
    </Screen>
  );
};
