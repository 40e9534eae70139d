'use client';
import { isApiError } from '@hearth/client';
import type { PermissionMode, Session } from '@hearth/contract';
import { type FormEvent, useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Choice, Field } from '../../ui/field.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { modeHints, modeNames, modes } from './modes.ts';

interface ModeSheetProps {
  /** Null in a chat that does not exist yet: the mode then goes along with its first message. */
  session: Session | null;
  mode: PermissionMode;
  onNewMode: (mode: PermissionMode) => void;
  onClose: () => void;
}

/** "No questions" cannot be switched on by whoever happens to hold the phone. */
const ConfirmKey = ({
  onConfirm,
  problem,
  isBusy,
}: {
  onConfirm: (key: string) => void;
  problem: string | null;
  isBusy: boolean;
}) => {
  const [key, setKey] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onConfirm(key.trim());
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3 rounded-card border border-danger bg-danger-soft p-4">
      <p className="text-list">
        In this mode commands run and files change without a question. Enter your API key to switch it on.
      </p>
      <Field
        label="API key"
        type="password"
        name="confirm_api_key"
        autoComplete="current-password"
        value={key}
        error={problem}
        onChange={(event) => setKey(event.target.value)}
      />
      <Button type="submit" tone="danger" busy={isBusy} disabled={key.trim() === ''}>
        Switch questions off
      </Button>
    </form>
  );
};

export const ModeSheet = ({ session, mode, onNewMode, onClose }: ModeSheetProps) => {
  const { client, store } = useHearth();
  const [wanted, setWanted] = useState<PermissionMode>(mode);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const apply = async (next: PermissionMode, key?: string): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      if (session) {
        const confirm = key === undefined ? {} : { confirm_api_key: key };
        await client.sessions.control(session.id, {
          type: 'permission_mode_change',
          permission_mode: next,
          ...confirm,
        });
        await store.loadSessions();
      } else onNewMode(next);
      onClose();
    } catch (error) {
      const isWrongKey = isApiError(error, 'CONFIRMATION_REQUIRED');
      setProblem(isWrongKey ? 'That is not a key that may do this.' : problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const choose = (next: PermissionMode): void => {
    setWanted(next);
    setProblem(null);
    if (next === mode) onClose();
    else if (next !== 'bypassPermissions') void apply(next);
  };
  return (
    <Sheet open={true} onClose={onClose} title="How far it may go">
      <Choice
        legend="Mode"
        hideLegend={true}
        name="permission_mode"
        value={wanted}
        onChange={choose}
        options={modes.map((value) => ({
          value,
          label: modeNames[value],
          hint:
            value === 'bypassPermissions' && session === null
              ? 'Can be switched on once the chat has begun.'
              : modeHints[value],
          disabled: isBusy || (value === 'bypassPermissions' && session === null),
        }))}
      />
      {wanted === 'bypassPermissions' && mode !== wanted ? (
        <ConfirmKey onConfirm={(key) => void apply(wanted, key)} problem={problem} isBusy={isBusy} />
      ) : problem ? (
        <p role="alert" className="pt-3 text-label text-danger">
          {problem}
        </p>
      ) : null}
    </Sheet>
  );
};
