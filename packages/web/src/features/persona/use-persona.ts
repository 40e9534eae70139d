/** The persona, what is typed about it (kept on this device until it is saved), and what has changed elsewhere. */
import { isApiError } from '@hearth/client';
import type { Persona } from '@hearth/contract';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useHearth } from '../../shell/session.tsx';
import { showToast } from '../../ui/toast.tsx';
import { differences, type Fields, fieldsOf, type PersonaDraft, toChange } from './draft.ts';

export const personaKey = ['persona'] as const;
export const historyKey = ['persona-history'] as const;
export const draftKey = (ownerId: string): string => `draft:${ownerId}:persona`;
const copyKey = (ownerId: string): string => `copy:${ownerId}:persona`;

const askAgainMs = 30_000;

export const usePersona = () => {
  const { client, kv, ownerId } = useHearth();
  const persona = useQuery({
    queryKey: personaKey,
    queryFn: ({ signal }) => client.persona.get({ signal }),
    refetchInterval: askAgainMs,
    refetchOnWindowFocus: true,
  });
  const [copy, setCopy] = useState<Persona | null>(null);
  const { data } = persona;
  useEffect(() => {
    if (data) void kv.set(copyKey(ownerId), data);
    else void kv.get<Persona>(copyKey(ownerId)).then((old) => setCopy(old ?? null));
  }, [data, kv, ownerId]);
  return { persona, known: data ?? copy };
};

/** Null until it is known whether an earlier visit has left something unsaved. */
const useDraft = () => {
  const { kv, ownerId } = useHearth();
  const [draft, setDraft] = useState<PersonaDraft | null | undefined>(undefined);
  useEffect(() => {
    let isHere = true;
    void kv.get<PersonaDraft>(draftKey(ownerId)).then((old) => isHere && setDraft(old ?? null));
    return () => {
      isHere = false;
    };
  }, [kv, ownerId]);
  const change = (next: PersonaDraft | null): void => {
    setDraft(next);
    void (next === null ? kv.remove(draftKey(ownerId)) : kv.set(draftKey(ownerId), next));
  };
  return { draft, change };
};

export type Problems = Readonly<Record<string, string>>;

/** What the server says about single fields, by the name of the field in the form. */
const problemsOf = (error: unknown): Problems => {
  const issues = isApiError(error) ? error.details?.issues : undefined;
  if (!Array.isArray(issues)) return { form: problemOf(error) };
  const pairs = issues.flatMap((issue) => {
    const { path, message } = Object(issue);
    if (typeof path !== 'string' || typeof message !== 'string') return [];
    const name = path.split('.')[0] ?? '';
    return [[name === 'expertise_areas' ? 'expertise' : name, message] as const];
  });
  return pairs.length === 0 ? { form: problemOf(error) } : Object.fromEntries(pairs);
};

export const usePersonaForm = (known: Persona) => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const { draft, change } = useDraft();
  const [problems, setProblems] = useState<Problems>({});
  const [isBusy, setBusy] = useState(false);
  const stored = fieldsOf(known);
  const fields = draft?.fields ?? stored;
  const changed = differences(fields, stored);
  const isElsewhere = draft != null && draft.version !== known.version && changed.length > 0;

  const settle = async (next: Persona): Promise<void> => {
    queries.setQueryData(personaKey, next);
    change(null);
    await queries.invalidateQueries({ queryKey: historyKey });
  };
  const save = async (): Promise<void> => {
    setBusy(true);
    setProblems({});
    try {
      await settle(await client.persona.update({ ...toChange(fields), if_version: draft?.version ?? known.version }));
      showToast({ text: 'Saved for new chats' });
    } catch (error) {
      // Somebody else was first: theirs is fetched, and both are shown.
      if (isApiError(error) && error.status === 409) await queries.invalidateQueries({ queryKey: personaKey });
      setProblems(problemsOf(error));
    } finally {
      setBusy(false);
    }
  };
  const revert = async (version: number): Promise<void> => {
    try {
      await settle(await client.persona.revert(version));
      showToast({ text: 'Changed back for new chats' });
    } catch (error) {
      showToast({ text: `Not changed back: ${problemOf(error)}` });
    }
  };
  return {
    isReady: draft !== undefined,
    fields,
    changed,
    isElsewhere,
    problems,
    isBusy,
    edit: (part: Partial<Fields>) => {
      const next = { ...fields, ...part };
      const isAsStored = differences(next, stored).length === 0 && differences(stored, next).length === 0;
      // Spaces alone are kept while they are typed, so only a form that says exactly the same lets go of its draft.
      const isSame = isAsStored && JSON.stringify(next) === JSON.stringify(stored);
      change(isSame ? null : { version: draft?.version ?? known.version, fields: next });
    },
    discard: () => {
      setProblems({});
      change(null);
    },
    keepMine: () => {
      setProblems({});
      change({ version: known.version, fields });
    },
    save,
    revert,
  };
};

export type PersonaForm = ReturnType<typeof usePersonaForm>;
