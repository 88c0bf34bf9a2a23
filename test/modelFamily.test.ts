import { afterAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkConfig } from '../detectors/proposals/networkConfig.js';
import { NetworkProposer } from '../detectors/proposals/networkProposer.js';
