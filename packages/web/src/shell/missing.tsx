'use client';
import { Empty } from '../ui/notice.tsx';
import { Link } from './link.tsx';
import { Screen } from './screen.tsx';

export const MissingScreen = () => (
  <Screen title="Not found">
    <Empty
      title="There is nothing here"
      action={
        <Link
          href="/"
          className="tap inline-flex items-center rounded-button bg-accent px-4 font-semibold text-on-accent"
        >
          Go to your chats
        </Link>
      }
    >
      The address may be mistyped, or what it named has been deleted.
    </Empty>
  </Screen>
);
