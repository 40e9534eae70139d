'use client';
import { Component, type ReactNode } from 'react';
import { Button } from '../ui/button.tsx';

/** A fault of a screen stays in the screen. Drafts and unsent messages are stored elsewhere and outlive it. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const details = `${error.name}: ${error.message}\n${error.stack ?? ''}`.slice(0, 4000);
    return (
      <div role="alert" className="h-full overflow-y-auto">
        <div className="mx-auto flex w-full max-w-[720px] flex-col items-start gap-3 p-4 pt-[calc(32px+var(--safe-top))]">
          <h1 className="font-display text-display font-bold">This screen broke</h1>
          <p className="measure text-ink-2">What you typed is kept. Loading it again usually helps.</p>
          <div className="flex flex-wrap gap-2">
            <Button tone="primary" onClick={() => this.setState({ error: null })}>
              Try again
            </Button>
            <Button onClick={() => window.location.reload()}>Reload the page</Button>
          </div>
          <details className="w-full text-label text-ink-2">
            <summary className="leading-[44px]">Details for a report</summary>
            <pre className="overflow-x-auto rounded-code bg-sunk p-3 font-mono whitespace-pre-wrap">{details}</pre>
          </details>
        </div>
      </div>
    );
  }
}
