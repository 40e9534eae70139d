'use client';
/** Changed on another device while something is unsaved here: both are shown, and a person decides. */
import type { Persona } from '@hearth/contract';
import { Button } from '../../ui/button.tsx';
import { fieldsOf, labels, valueWords } from './draft.ts';
import type { PersonaForm } from './use-persona.ts';

const cell = 'min-w-0 whitespace-pre-wrap text-list';

export const Compare = ({ form, known }: { form: PersonaForm; known: Persona }) => {
  const theirs = fieldsOf(known);
  return (
    <section
      aria-label="Changed elsewhere"
      className="flex flex-col gap-3 rounded-card border border-attn bg-attn-soft p-4"
    >
      <h2 className="text-body font-semibold">Changed elsewhere meanwhile</h2>
      <p className="text-label text-ink-2">Nothing was overwritten. This is what differs:</p>
      <dl className="flex flex-col gap-3">
        {form.changed.map((name) => (
          <div key={name} className="flex flex-col gap-1 border-t border-line pt-3">
            <dt className="text-label font-semibold">{labels[name]}</dt>
            <dd className="grid gap-3 sm:grid-cols-2">
              <span className={cell}>
                <span className="block text-label text-ink-2">Here, unsaved</span>
                <span>{valueWords(form.fields, name)}</span>
              </span>
              <span className={cell}>
                <span className="block text-label text-ink-2">There, saved</span>
                <span>{valueWords(theirs, name)}</span>
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <div className="flex flex-wrap gap-2">
        <Button onClick={form.discard}>Take theirs</Button>
        <Button onClick={form.keepMine}>Go on with mine</Button>
      </div>
    </section>
  );
};
