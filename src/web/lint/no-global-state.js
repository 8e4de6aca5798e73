// State of a module, which all that import it share and nothing ends.
//
// Owns: the lint that finds it: variables, what is made to be filled, tables that are changed.
// Must not: look into other files; a table that another file changes is found there.

/** Change the array, map or set they are called on. */
const CHANGING = new Set('push pop shift unshift splice sort reverse fill copyWithin set add delete clear'.split(' '));
/** Of `Object`: they change their first argument. */
const DEFINING = new Set(['assign', 'defineProperty', 'defineProperties', 'setPrototypeOf']);
const TABLES = new Set(['Map', 'Set']);
/** The names of functions whose results keep something. */
const MAKER = /^(create|make|begin|new)[A-Z]/;

/** @param {import('estree').Node} node */
const isFunction = (node) => /Function/.test(node.type);

/** What runs when the module is read: a node and all in it but the bodies of functions. */
function* running(node, keys) {
  if (!node || isFunction(node)) return;
  yield node;
  for (const key of keys[node.type] ?? []) for (const kid of [node[key]].flat()) yield* running(kid, keys);
}

/** Whether it makes what will be filled or used up. A table comes with all that is in it; what `Intl` has never changes. */
function isMade({ type, callee, arguments: given }) {
  if (type === 'CallExpression') return MAKER.test(callee.name);
  return type === 'NewExpression' && callee.object?.name !== 'Intl' && !(TABLES.has(callee.name) && given.length);
}

/** Whether a reference changes what the name stands for, or something in it. */
function isChange(identifier) {
  let node = identifier;
  while (node.parent.type === 'MemberExpression' && node.parent.object === node) node = node.parent;
  const { parent } = node;
  if (parent.type === 'CallExpression') {
    const { object, property } = parent.callee;
    if (parent.callee === node) return node !== identifier && CHANGING.has(property.name);
    return parent.arguments[0] === node && object?.name === 'Object' && DEFINING.has(property.name);
  }
  const isTarget = parent.type === 'AssignmentExpression' ? parent.left === node : parent.type === 'UpdateExpression';
  return node !== identifier && (isTarget || (parent.type === 'UnaryExpression' && parent.operator === 'delete'));
}

/** @type {import('eslint').Rule.RuleModule} */
export const noGlobalState = {
  meta: {
    type: 'problem',
    schema: [{ type: 'object', properties: { page: { type: 'array', items: { type: 'string' } } } }],
    messages: {
      variable: 'A module keeps nothing: put it into what is passed down.',
      made: 'This is filled or used up later: make it in what owns its life.',
      static: 'A class keeps nothing: put it into its objects.',
      changed: '`{{name}}` is the same for all that import it: change something that is passed down.',
    },
  },
  create: ({ sourceCode, report, options: [{ page = [] } = {}] }) => ({
    'Program > VariableDeclaration, Program > ExportNamedDeclaration > VariableDeclaration'(node) {
      if (node.kind !== 'const') report({ node, messageId: 'variable' });
      for (const { init } of node.declarations)
        for (const part of running(init, sourceCode.visitorKeys))
          if (isMade(part)) report({ node: part, messageId: 'made' });
    },
    'PropertyDefinition[static=true]': (node) => report({ node, messageId: 'static' }),
    'Program:exit'() {
      const module = sourceCode.scopeManager.globalScope.childScopes.find(({ type }) => type === 'module');
      for (const { name, references } of module.variables.filter((it) => !page.includes(it.name)))
        for (const { identifier } of references)
          if (isChange(identifier)) report({ node: identifier, messageId: 'changed', data: { name } });
    },
  }),
};
