import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Fifo } from './fifo.js';

it('Fifo gives back in order what was put in, however pushes, shifts and drains alternate', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant('push') },
      { weight: 4, arbitrary: fc.constant('shift') },
      { weight: 1, arbitrary: fc.constantFrom('drain', 'burst') },
    ),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(steps, (actions) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      let next = 0;
      for (const action of actions) {
        if (action === 'shift') expect(fifo.shift()).toBe(model.shift());
        else if (action === 'drain') expect(fifo.drain()).toEqual(model.splice(0));
        else {
          for (let count = action === 'burst' ? 3_000 : 1; count > 0; count -= 1) {
            fifo.push(next);
            model.push(next);
            next += 1;
          }
          if (action === 'burst')
            for (let count = 0; count < 2_500; count += 1) expect(fifo.shift()).toBe(model.shift());
        }
        expect(fifo.length).toBe(model.length);
        expect(fifo.peek()).toBe(model[0]);
      }
    }),
    { numRuns: 30 },
  );
});
