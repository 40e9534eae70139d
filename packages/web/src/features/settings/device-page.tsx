'use client';
import { useState } from 'react';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Part } from './part.tsx';

export const DevicePage = () => {
  const { kv } = useHearth();
  const [isCleared, setCleared] = useState(false);
  return (
    <>
      {kv.isLasting() ? null : (
        <Notice tone="attn">
          This browser keeps nothing for this page: drafts and unsent messages are lost when it is closed.
        </Notice>
      )}
      <Part
        title="Copies and drafts"
        hint="Recent chats, drafts and unsent messages are kept in this browser, so that they are there at once and without a network."
      >
        <Button
          tone="danger"
          className="self-start"
          onClick={() => {
            void kv.clear().then(() => setCleared(true));
          }}
        >
          {isCleared ? 'Removed' : 'Remove everything from this device'}
        </Button>
        <p className="measure text-label text-ink-2">
          Also removes drafts and messages that have not been sent. You stay signed in.
        </p>
      </Part>
    </>
  );
};
