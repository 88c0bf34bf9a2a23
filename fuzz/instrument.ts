import { createHash } from 'node:crypto';
import type { LoadHook } from 'node:module';
import { type NodePath, transformSync, types } from '@babel/core';
import { counterCount } from './probes.js';

/** Modules whose branches are counted: ours, and those of others that read what is not ours. */
const instrumented =
  /\/dist\/(app|datasets|detectors|src)\/|\/node_modules\/(hyparquet|fast-xml-parser|@huggingface\/tokenizers)\//;

/** The next branch's counter. */
let counter = 0;

/** Loads modules with counters in them (`module.register`). */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (loaded.format !== 'module' || !instrumented.test(url)) return loaded;
  return { ...loaded, source: withProbes(String(loaded.source), url) };
};

/** A module that counts its branches in `globalThis.fuzzProbes`, its lines unchanged. */
export function withProbes(source: string, url: string): string {
  // Every thread has to give a module the same counters.
  counter = createHash('sha1').update(url).digest().readUInt32LE() % counterCount;
  const words = new Set<string>();
  const transformed = transformSync(source, {
    configFile: false,
    babelrc: false,
    retainLines: true,
    compact: false,
    sourceType: 'module',
    plugins: [() => ({ visitor: visitor(words) })],
  });
  const told = JSON.stringify([...words]);
  return `const fuzzProbes = globalThis.fuzzProbes, fuzzCounts = fuzzProbes.counts; fuzzProbes.add(${told}); ${transformed?.code}`;
}

function visitor(words: Set<string>) {
  const note = (word: unknown) => {
    if (typeof word === 'string' && word.length > 1 && word.length < 40) words.add(word);
  };
  return {
    Function(path: NodePath<types.Function>) {
      const { body } = path.node;
      if (types.isBlockStatement(body)) body.body.unshift(statement());
      else path.node.body = counted(body);
    },
    IfStatement({ node }: NodePath<types.IfStatement>) {
      node.consequent = block(node.consequent);
      node.alternate = block(node.alternate ?? types.emptyStatement());
    },
    Loop({ node }: NodePath<types.Loop>) {
      node.body = block(node.body);
    },
    SwitchCase({ node }: NodePath<types.SwitchCase>) {
      node.consequent.unshift(statement());
    },
    CatchClause({ node }: NodePath<types.CatchClause>) {
      node.body.body.unshift(statement());
    },
    ConditionalExpression({ node }: NodePath<types.ConditionalExpression>) {
      node.consequent = counted(node.consequent);
      node.alternate = counted(node.alternate);
    },
    LogicalExpression({ node }: NodePath<types.LogicalExpression>) {
      node.right = counted(node.right);
    },
    BinaryExpression(path: NodePath<types.BinaryExpression>) {
      const { operator, left, right } = path.node;
      if ((operator !== '===' && operator !== '!==') || types.isPrivateName(left)) return;
      const call = types.callExpression(probe('equal'), [left, right]);
      path.replaceWith(operator === '===' ? call : types.unaryExpression('!', call));
    },
    StringLiteral: ({ node }: NodePath<types.StringLiteral>) => note(node.value),
    ObjectProperty: ({ node: { key } }: NodePath<types.ObjectProperty>) =>
      note(types.isIdentifier(key) ? key.name : undefined),
  };
}

function probe(name: string): types.MemberExpression {
  return types.memberExpression(types.identifier('fuzzProbes'), types.identifier(name));
}

function count(): types.UpdateExpression {
  counter = (counter + 1) % counterCount;
  const own = types.numericLiteral(counter);
  const place = types.memberExpression(types.identifier('fuzzCounts'), own, true);
  return types.updateExpression('++', place);
}

function statement(): types.Statement {
  return types.expressionStatement(count());
}

function block(body: types.Statement): types.BlockStatement {
  return types.blockStatement([statement(), body]);
}

function counted(expression: types.Expression): types.Expression {
  return types.sequenceExpression([count(), expression]);
}
