'use client';
import type { OutboxItem } from '../../lib/outbox.ts';
import { Button } from '../../ui/button.tsx';
import { useAccount } from '../account/use-account.ts';
import { useSay } from './use-say.ts';

/** Beginnings that show what it can do; with the demo model they are about the made-up household. */
const starters = {
  demo: ['What’s on this week?', 'List the files here', 'Restart plex', 'Read the file missing.txt'],
  real: ['What can you do here?', 'What is in this folder?', 'How is this machine doing?', 'Help me plan my week'],
};

const hello = (hour: number): string => {
  if (hour < 5) return 'Still up?';
  if (hour < 11) return 'Good morning.';
  return hour < 18 ? 'Good day.' : 'Good evening.';
};

interface GreetingProps {
  chatId: string;
  sendAs: string | null;
  settings: OutboxItem['settings'];
}

export const Greeting = ({ chatId, sendAs, settings }: GreetingProps) => {
  const isDemo = useAccount().data?.demo ?? false;
  const say = useSay(chatId, sendAs, settings);
  return (
    <div className="flex flex-1 flex-col justify-end gap-4 pb-4">
      <p className="font-display text-display font-bold">{hello(new Date().getHours())} What shall we do?</p>
      <div className="flex flex-col border-t border-line">
        {starters[isDemo ? 'demo' : 'real'].map((text) => (
          <Button
            key={text}
            tone="quiet"
            onClick={() => say(text)}
            className="min-h-14 !justify-start !rounded-none !border-0 !border-b !border-line !px-0 !font-normal !text-ink"
          >
            {text}
          </Button>
        ))}
      </div>
    </div>
  );
};
