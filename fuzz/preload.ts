import { register } from 'node:module';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { countersOf, Probes } from './probes.js';

// Goes before everything else in a process that fuzzes, and in each of its threads, which count together.
const name = 'fgdet fuzz counters';
const counters = (getEnvironmentData(name) as SharedArrayBuffer | undefined) ?? countersOf();
setEnvironmentData(name, counters);
Object.assign(globalThis, { fuzzProbes: new Probes(counters) });
register('./instrument.js', import.meta.url);
