// Drives the emulator with ImageKit's own client: what that client sends is answered as it expects.
// Environment: IMAGE_KIT_BASE_URL (origin), URL_ENDPOINT (delivery prefix), IMAGEKIT_PRIVATE_KEY.
import assert from 'node:assert/strict';
import { File as NodeFile } from 'node:buffer';

globalThis.File ??= NodeFile; // Node 18 has it, but not as a global, and the client asks for the global
const { default: ImageKit, toFile } = await import('@imagekit/nodejs');

const urlEndpoint = process.env.URL_ENDPOINT;
const client = new ImageKit({ maxRetries: 0 });
let passed = 0;
let failed = 0;

async function test(name, body) {
  try {
    await body();
    passed++;
  } catch (error) {
    failed++;
    console.error(`FAILED ${name}\n${error.stack}`);
  }
}

async function refused(promise, status, fields = {}) {
  try {
    await promise;
  } catch (error) {
    assert.equal(error.status, status, error.message);
    for (const [key, value] of Object.entries(fields)) assert.deepEqual(error.error[key], value);
    return error;
  }
  assert.fail(`expected status ${status}`);
}

const bytes = (text) => new TextEncoder().encode(text);

async function upload(folder, fileName, content, more = {}) {
  return client.files.upload({ file: await toFile(bytes(content), fileName), fileName, folder, useUniqueFileName: false, ...more });
}

async function names(path, more = {}) {
  return (await client.assets.list({ path, type: 'all', ...more })).map((row) => row.name).sort();
}

async function finished(jobId) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const job = await client.folders.job.get(jobId);
    if (job.status === 'Completed') return job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('the job did not complete');
}

await test('upload, details, delivery', async () => {
  const uploaded = await upload('/sdk/a', 'note.txt', 'hello', { tags: ['x', 'y'], responseFields: ['tags', 'isPrivateFile'] });
  assert.equal(uploaded.filePath, '/sdk/a/note.txt');
  assert.deepEqual(uploaded.tags, ['x', 'y']);
  assert.equal(uploaded.isPrivateFile, false);
  assert.equal(uploaded.versionInfo.id, uploaded.fileId);
  const row = await client.files.get(uploaded.fileId);
  assert.equal(row.type, 'file');
  assert.equal(row.size, 5);
  assert.equal(row.mime, 'text/plain');
  assert.equal(await (await fetch(row.url)).text(), 'hello');
});

await test('unique names are the default', async () => {
  const uploaded = await client.files.upload({ file: await toFile(bytes('u'), 'u.txt'), fileName: 'u.txt', folder: '/sdk/unique' });
  assert.match(uploaded.name, /^u_[A-Za-z0-9_-]{9}\.txt$/);
});

await test('base64 text is a file', async () => {
  const uploaded = await client.files.upload({ file: Buffer.from('six six').toString('base64'), fileName: 'b.txt', folder: '/sdk/base64', useUniqueFileName: false });
  assert.equal(uploaded.size, 7);
});

await test('v2 keeps names, v1 does not', async () => {
  const v1 = await upload('/sdk/names', 'a b&c.txt', '1');
  assert.equal(v1.name, 'a_b_c.txt');
  const v2 = await client.beta.v2.files.upload({ file: await toFile(bytes('2'), 'a b&c.txt'), fileName: 'a b&c.txt', folder: '/sdk/names', useUniqueFileName: false });
  assert.equal(v2.name, 'a b&c.txt');
});

await test('an exclusive create is refused', async () => {
  await upload('/sdk/excl', 'e.txt', '1');
  await refused(upload('/sdk/excl', 'e.txt', '2', { overwriteFile: false }), 400);
});

await test('list: types, pages, sort, search', async () => {
  for (const name of ['one.txt', 'two.txt', 'three.txt']) await upload('/sdk/list', name, name);
  await client.folders.create({ folderName: 'sub', parentFolderPath: '/sdk/list' });
  assert.deepEqual(await names('/sdk/list'), ['one.txt', 'sub', 'three.txt', 'two.txt']);
  const page = await client.assets.list({ path: '/sdk/list', skip: 1, limit: 1 });
  assert.deepEqual(page.map((row) => row.name), ['two.txt']);
  const sorted = await client.assets.list({ path: '/sdk/list', sort: 'DESC_NAME' });
  assert.deepEqual(sorted.map((row) => row.name), ['two.txt', 'three.txt', 'one.txt']);
  const found = await client.assets.list({ path: '/sdk/list', searchQuery: 'name : "t" AND size > 7' });
  assert.deepEqual(found.map((row) => row.name), ['three.txt']);
  await refused(client.assets.list({ limit: 2000 }), 400, { message: 'Maximum value of limit parameter is 1000. Value sent is 2000.' });
});

await test('update', async () => {
  const { fileId } = await upload('/sdk/update', 'u.txt', '1');
  const row = await client.files.update(fileId, { tags: ['new'], description: 'told', customCoordinates: '1,2,3,4' });
  assert.deepEqual(row.tags, ['new']);
  assert.equal(row.description, 'told');
  assert.equal(row.customCoordinates, '1,2,3,4');
  const draft = await client.files.update(fileId, { publish: { isPublished: false } });
  assert.equal(draft.isPublished, false);
  await refused(client.files.update('nonsense', { tags: [] }), 400);
});

await test('rename', async () => {
  const { fileId } = await upload('/sdk/rename', 'old.txt', '1');
  await upload('/sdk/rename', 'taken.txt', '2');
  await client.files.rename({ filePath: '/sdk/rename/old.txt', newFileName: 'new.txt' });
  assert.equal((await client.files.get(fileId)).name, 'new.txt');
  await refused(client.files.rename({ filePath: '/sdk/rename/new.txt', newFileName: 'taken.txt' }), 409, { reason: 'FILE_ALREADY_EXISTS' });
  await refused(client.files.rename({ filePath: '/sdk/rename/none.txt', newFileName: 'x.txt' }), 404, { reason: 'FILE_MISSING' });
  const purged = await client.files.rename({ filePath: '/sdk/rename/new.txt', newFileName: 'newer.txt', purgeCache: true });
  assert.ok(purged.purgeRequestId);
});

await test('copy and move', async () => {
  await upload('/sdk/from', 'c.txt', '1');
  await client.files.copy({ sourceFilePath: '/sdk/from/c.txt', destinationPath: '/sdk/to' });
  assert.deepEqual(await names('/sdk/to'), ['c.txt']);
  await client.files.move({ sourceFilePath: '/sdk/from/c.txt', destinationPath: '/sdk/to' });
  assert.deepEqual(await names('/sdk/from'), []);
  const [merged] = await client.assets.list({ path: '/sdk/to' });
  assert.equal((await client.files.versions.list(merged.fileId)).length, 2);
  await refused(client.files.move({ sourceFilePath: '/sdk/from/c.txt', destinationPath: '/sdk/to' }), 404, { reason: 'SOURCE_FILE_MISSING' });
});

await test('folders and jobs', async () => {
  await client.folders.create({ folderName: 'trip 2026', parentFolderPath: '/sdk/folders' });
  await client.folders.create({ folderName: 'trip 2026', parentFolderPath: '/sdk/folders' });
  assert.deepEqual(await names('/sdk/folders'), ['trip_2026']);
  await upload('/sdk/folders/trip_2026', 'p.txt', '1');
  const renamed = await client.folders.rename({ folderPath: '/sdk/folders/trip_2026', newFolderName: 'pics' });
  assert.equal((await finished(renamed.jobId)).type, 'RENAME_FOLDER');
  const copied = await client.folders.copy({ sourceFolderPath: '/sdk/folders/pics', destinationPath: '/sdk/copies', includeVersions: true });
  await finished(copied.jobId);
  const moved = await client.folders.move({ sourceFolderPath: '/sdk/folders/pics', destinationPath: '/sdk/moved' });
  await finished(moved.jobId);
  assert.deepEqual(await names('/sdk/folders'), []);
  assert.deepEqual(await names('/sdk/copies/pics'), ['p.txt']);
  assert.deepEqual(await names('/sdk/moved/pics'), ['p.txt']);
  await client.folders.delete({ folderPath: '/sdk/moved' });
  assert.deepEqual(await names('/sdk/moved'), []);
  await refused(client.folders.delete({ folderPath: '/nope/' }), 404, { reason: 'FOLDER_NOT_FOUND', message: 'No folder found with folderPath `/nope/`.' });
  await refused(client.folders.job.get('65f0a1b2c3d4e5f607182950'), 404);
});

await test('versions', async () => {
  const first = await upload('/sdk/versions', 'v.txt', 'one');
  const second = await upload('/sdk/versions', 'v.txt', 'two!');
  assert.equal(second.fileId, first.fileId);
  assert.equal(second.versionInfo.name, 'Version 2');
  const list = await client.files.versions.list(first.fileId);
  assert.deepEqual(list.map((row) => row.type), ['file', 'file-version']);
  const old = await client.files.versions.get(first.versionInfo.id, { fileId: first.fileId });
  assert.equal(await (await fetch(old.url)).text(), 'one');
  const restored = await client.files.versions.restore(first.versionInfo.id, { fileId: first.fileId });
  assert.equal(restored.versionInfo.id, first.versionInfo.id);
  assert.equal(restored.type, 'file');
  await refused(client.files.versions.delete(first.versionInfo.id, { fileId: first.fileId }), 400);
  await client.files.versions.delete(second.versionInfo.id, { fileId: first.fileId });
  assert.equal((await client.files.versions.list(first.fileId)).length, 1);
});

await test('tags', async () => {
  const { fileId } = await upload('/sdk/tags', 't.txt', '1');
  assert.deepEqual((await client.files.bulk.addTags({ fileIds: [fileId], tags: ['a', 'b'] })).successfullyUpdatedFileIds, [fileId]);
  await client.files.bulk.removeTags({ fileIds: [fileId], tags: ['a'] });
  assert.deepEqual((await client.files.get(fileId)).tags, ['b']);
  await client.files.bulk.removeAITags({ fileIds: [fileId], AITags: ['Picture'] });
  const found = await client.assets.list({ searchQuery: 'tags IN ["b"]' });
  assert.deepEqual(found.map((row) => row.fileId), [fileId]);
});

await test('delete and bulk delete', async () => {
  const ids = [];
  for (const name of ['1.txt', '2.txt', '3.txt']) ids.push((await upload('/sdk/delete', name, name)).fileId);
  await client.files.delete(ids[0]);
  await refused(client.files.delete(ids[0]), 404, { message: 'The requested file does not exist.' });
  await refused(client.files.bulk.delete({ fileIds: ids }), 404, { missingFileIds: [ids[0]] });
  assert.equal((await names('/sdk/delete')).length, 2);
  assert.deepEqual((await client.files.bulk.delete({ fileIds: ids.slice(1) })).successfullyDeletedFileIds, ids.slice(1));
  assert.deepEqual(await names('/sdk/delete'), []);
});

await test('custom metadata', async () => {
  const field = await client.customMetadataFields.create({ name: 'price', label: 'Price', schema: { type: 'Number', minValue: 0 } });
  assert.equal(field.name, 'price');
  const { fileId } = await upload('/sdk/meta', 'm.txt', '1', { customMetadata: { price: 7 } });
  assert.deepEqual((await client.files.get(fileId)).customMetadata, { price: 7 });
  const bad = await refused(client.files.update(fileId, { customMetadata: { price: -1 } }), 400, { message: 'Invalid custom metadata.' });
  assert.ok(bad.error.errors.price);
  const found = await client.assets.list({ searchQuery: '"customMetadata.price" > 5' });
  assert.deepEqual(found.map((row) => row.fileId), [fileId]);
  await client.customMetadataFields.update(field.id, { label: 'Cost' });
  assert.deepEqual((await client.customMetadataFields.list()).map((one) => one.label), ['Cost']);
  await client.customMetadataFields.delete(field.id);
  assert.deepEqual(await client.customMetadataFields.list(), []);
  await refused(client.customMetadataFields.delete(field.id), 404);
});

await test('purge', async () => {
  const { requestId } = await client.cache.invalidation.create({ url: `${urlEndpoint}/sdk/a/note.txt` });
  assert.equal((await client.cache.invalidation.get(requestId)).status, 'Completed');
  await refused(client.cache.invalidation.create({ url: 'https://elsewhere.example/x' }), 400);
});

await test('usage, url endpoints, origins, metadata', async () => {
  const usage = await client.accounts.usage.get({ startDate: '2026-01-01', endDate: '2026-01-31' });
  assert.ok(usage.mediaLibraryStorageBytes > 0);
  const endpoint = await client.accounts.urlEndpoints.create({ description: 'hides', urlPrefix: 'hidden' });
  assert.equal((await client.accounts.urlEndpoints.list()).length, 2);
  await client.accounts.urlEndpoints.delete(endpoint.id);
  const origin = await client.accounts.origins.create({ type: 'WEB_FOLDER', name: 'web', baseUrl: 'https://example.com' });
  assert.equal((await client.accounts.origins.get(origin.id)).name, 'web');
  await client.accounts.origins.delete(origin.id);
  const { fileId } = await upload('/sdk/m', 'm.txt', '12345');
  assert.equal((await client.files.metadata.get(fileId)).size, 5);
});

await test('private files and signed URLs', async () => {
  await upload('/sdk/private', 'secret file.txt', 'secret', { isPrivateFile: true });
  const src = '/sdk/private/secret_file.txt';
  assert.equal((await fetch(urlEndpoint + src)).status, 401);
  for (const options of [{ signed: true }, { signed: true, expiresIn: 300 }, { signed: true, expiresIn: 300, queryParameters: { updatedAt: '1' } }]) {
    const reply = await fetch(client.helper.buildSrc({ urlEndpoint, src, ...options }));
    assert.equal(reply.status, 200);
    assert.equal(await reply.text(), 'secret');
  }
  const signed = client.helper.buildSrc({ urlEndpoint, src, signed: true, expiresIn: 300 });
  assert.equal((await fetch(`${signed}0`)).status, 401);
});

await test('client-side upload', async () => {
  const { token, expire, signature } = client.helper.getAuthenticationParameters();
  const form = new FormData();
  form.set('file', new Blob([bytes('client')]), 'c.txt');
  for (const [name, value] of Object.entries({ fileName: 'c.txt', folder: '/sdk/client', token, expire, signature, publicKey: 'public_emulator_key' })) form.set(name, String(value));
  assert.equal((await fetch(`${client.baseURL}/api/v1/files/upload`, { method: 'POST', body: form })).status, 200);
  assert.equal((await fetch(`${client.baseURL}/api/v1/files/upload`, { method: 'POST', body: form })).status, 400);
});

await test('a wrong key is 403, none is 401', async () => {
  await refused(new ImageKit({ privateKey: 'private_wrong', maxRetries: 0 }).assets.list(), 403, { message: 'Your account cannot be authenticated.' });
  assert.equal((await fetch(`${client.baseURL}/v1/files`)).status, 401);
});

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
