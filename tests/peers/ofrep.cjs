// What do the public JavaScript providers say? Wishes as JSON on standard input, a JSON line for each answer.
//   {"do": "server", url, token, flag, contexts}   each context through @openfeature/ofrep-provider
//   {"do": "web", url, token, flag, contexts}      each context through @openfeature/ofrep-web-provider
//   {"do": "watch", url, token, flag, context}     the web provider on its event stream: a line for every change it tells
const { readFileSync } = require("fs");

const wish = JSON.parse(readFileSync(0, "utf8"));
const headers = wish.apiKey ? [["X-API-Key", wish.token]] : [["Authorization", `Bearer ${wish.token}`]];
const options = { baseUrl: wish.url, headers, ...(wish.options || {}) };
const told = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const brief = (d) => [d.value, d.variant ?? null, d.reason ?? null, d.errorCode ?? null, d.flagMetadata ?? {}];

async function server() {
  const { OpenFeature } = require("@openfeature/server-sdk");
  const { OFREPProvider } = require("@openfeature/ofrep-provider");
  await OpenFeature.setProviderAndWait(new OFREPProvider(options));
  const client = OpenFeature.getClient();
  const one = {
    string: (c) => client.getStringDetails(wish.flag, "code default", c),
    number: (c) => client.getNumberDetails(wish.flag, -1, c),
    boolean: (c) => client.getBooleanDetails(wish.flag, false, c),
    object: (c) => client.getObjectDetails(wish.flag, {}, c),
  }[wish.type || "string"];
  for (let i = 0; i < wish.contexts.length; i += 32)
    for (const found of await Promise.all(wish.contexts.slice(i, i + 32).map(one))) told(brief(found));
}

async function web() {
  const { OpenFeature } = require("@openfeature/web-sdk");
  const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");
  const provider = new OFREPWebProvider({ ...options, changeDetection: "none", cacheMode: "disabled" });
  await OpenFeature.setContext(wish.contexts[0]);
  await OpenFeature.setProviderAndWait(provider);
  const client = OpenFeature.getClient();
  for (const context of wish.contexts) {
    await OpenFeature.setContext(context);
    told(brief(client.getStringDetails(wish.flag, "code default")));
  }
  await OpenFeature.close();
}

async function watch() {
  const { OpenFeature, ProviderEvents } = require("@openfeature/web-sdk");
  const { OFREPWebProvider } = require("@openfeature/ofrep-web-provider");
  await OpenFeature.setContext(wish.context);
  await OpenFeature.setProviderAndWait(new OFREPWebProvider({ ...options, cacheMode: "disabled" }));
  const client = OpenFeature.getClient();
  const say = () => told(brief(client.getStringDetails(wish.flag, "code default")));
  client.addHandler(ProviderEvents.ConfigurationChanged, say);
  say();
  setInterval(() => {}, 1000);
}

({ server, web, watch })[wish.do]().catch((error) => {
  process.stderr.write(`${error && error.stack}\n`);
  process.exit(1);
});
