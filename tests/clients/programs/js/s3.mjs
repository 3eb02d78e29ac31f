// node s3.mjs STEP BUCKET FOLDER: one step of a session with the AWS SDK for JavaScript, as a program of a user's would
// do it. Where the cloud is and whose keys sign, the SDK finds by itself. Ends with 0 when all was as it should be.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import * as iam from "@aws-sdk/client-iam";
import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const [, , step, Bucket, folder] = process.argv;
const client = new s3.S3Client({});
const sha = (data) => crypto.createHash("sha256").update(data).digest("hex");
const send = (command) => client.send(command);
const put = (Key, Body, more = {}) => send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Key, more = {}) => {
	const got = await send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
	return Buffer.from(await got.Body.transformToByteArray());
};

async function refused(promise, name, status) {
	const e = await promise.then(() => null, (error) => error);
	assert.ok(e, `${name} was to be said`);
	assert.deepEqual([e.name, e.$metadata?.httpStatusCode], [name, status]);
}

async function whoami() {
	const said = await new sts.STSClient({}).send(new sts.GetCallerIdentityCommand({}));
	assert.equal(said.Arn, `arn:aws:iam::${said.Account}:root`);
	console.log(said.Account);
}

async function objects() {
	const file = path.join(folder, "big.bin");
	const data = fs.readFileSync(file);
	await put("text", "a string", { ContentType: "text/plain", Metadata: { version: "1.0" } });
	await put("empty", "");
	await put("bytes", data);
	await put("stream", Readable.from([data.subarray(0, 70000), data.subarray(70000)]), { ContentLength: data.length });
	await put("file", fs.createReadStream(file));
	for (const key of ["bytes", "stream", "file"]) {
		assert.equal(sha(await get(key)), sha(data), key);
	}
	assert.equal((await get("empty")).length, 0);
	assert.deepEqual(await get("bytes", { Range: "bytes=1000-1999" }), data.subarray(1000, 2000));
	const head = await send(new s3.HeadObjectCommand({ Bucket, Key: "text", ChecksumMode: "ENABLED" }));
	assert.deepEqual([head.ContentLength, head.ContentType, head.Metadata], [8, "text/plain", { version: "1.0" }]);
	assert.ok(head.ChecksumCRC32);
	await send(new s3.CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/bytes` }));
	assert.equal(sha(await get("copy")), sha(data));
	await send(new s3.DeleteObjectCommand({ Bucket, Key: "copy" }));
	await refused(get("copy"), "NoSuchKey", 404);
	const Objects = ["text", "empty", "bytes", "stream", "file", "never"].map((Key) => ({ Key }));
	const gone = await send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
	assert.deepEqual([gone.Deleted.length, gone.Errors], [6, undefined]);
}

async function checksums() {
	for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
		const field = `Checksum${ChecksumAlgorithm}`;
		let wrote;
		try {
			wrote = await put(ChecksumAlgorithm, "checked", { ChecksumAlgorithm });
		} catch (e) {
			if (e.$metadata?.httpStatusCode) throw e;
			console.log(`this SDK cannot make ${ChecksumAlgorithm}: ${e.message}`);
			continue;
		}
		assert.ok(wrote[field], field);
		const got = await send(new s3.GetObjectCommand({ Bucket, Key: ChecksumAlgorithm, ChecksumMode: "ENABLED" }));
		assert.equal(got[field], wrote[field]);
		assert.equal(await got.Body.transformToString(), "checked");
		const stream = Readable.from([Buffer.alloc(100000, "a"), Buffer.alloc(100000, "b")]);
		await put(`${ChecksumAlgorithm}/stream`, stream, { ChecksumAlgorithm, ContentLength: 200000 });
		assert.equal((await get(`${ChecksumAlgorithm}/stream`)).length, 200000);
	}
}

async function multipart() {
	const file = path.join(folder, "big.bin");
	const params = { Bucket, Key: "big.bin", Body: fs.createReadStream(file), Metadata: { parts: "yes" } };
	const done = await new Upload({ client, params, partSize: 5 << 20, queueSize: 3 }).done();
	assert.match(done.ETag, /-4"$/);
	assert.equal(sha(await get("big.bin")), sha(fs.readFileSync(file)));
	const head = await send(new s3.HeadObjectCommand({ Bucket, Key: "big.bin", PartNumber: 2 }));
	assert.deepEqual([head.PartsCount, head.ContentLength], [4, 5 << 20]);
	const begun = await send(new s3.CreateMultipartUploadCommand({ Bucket, Key: "left" }));
	await send(new s3.UploadPartCommand({ Bucket, Key: "left", UploadId: begun.UploadId, PartNumber: 1, Body: "x" }));
	const listed = await send(new s3.ListPartsCommand({ Bucket, Key: "left", UploadId: begun.UploadId }));
	assert.equal(listed.Parts.length, 1);
	await send(new s3.AbortMultipartUploadCommand({ Bucket, Key: "left", UploadId: begun.UploadId }));
	const uploads = await send(new s3.ListMultipartUploadsCommand({ Bucket }));
	assert.equal(uploads.Uploads, undefined);
}

async function odd_keys() {
	const keys = JSON.parse(fs.readFileSync(path.join(folder, "keys.json")));
	for (const key of keys) {
		await put(key, `it is ${key}`);
	}
	const seen = [];
	for await (const page of s3.paginateListObjectsV2({ client, pageSize: 7 }, { Bucket })) {
		seen.push(...page.Contents.map((o) => o.Key));
	}
	assert.deepEqual(seen.sort(), [...keys].sort());
	for (const key of keys) {
		assert.equal((await get(key)).toString(), `it is ${key}`);
		await send(new s3.CopyObjectCommand({ Bucket, Key: `copy/${key}`, CopySource: encodeURIComponent(`${Bucket}/${key}`) }));
		await send(new s3.DeleteObjectCommand({ Bucket, Key: key }));
		assert.equal((await get(`copy/${key}`)).toString(), `it is ${key}`);
	}
	const top = await send(new s3.ListObjectsV2Command({ Bucket, Delimiter: "/" }));
	assert.deepEqual(top.CommonPrefixes, [{ Prefix: "copy/" }]);
}

async function versions() {
	const Status = "Enabled";
	await send(new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
	const first = await put("v", "one");
	await put("v", "two");
	const marker = await send(new s3.DeleteObjectCommand({ Bucket, Key: "v" }));
	assert.equal(marker.DeleteMarker, true);
	await refused(get("v"), "NoSuchKey", 404);
	assert.equal((await get("v", { VersionId: first.VersionId })).toString(), "one");
	const all = await send(new s3.ListObjectVersionsCommand({ Bucket }));
	assert.deepEqual([all.Versions.length, all.DeleteMarkers.length], [2, 1]);
	await send(new s3.DeleteObjectCommand({ Bucket, Key: "v", VersionId: marker.VersionId }));
	assert.equal((await get("v")).toString(), "two");
}

async function configurations() {
	const TagSet = [{ Key: "team", Value: "ml + öl" }];
	await send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
	assert.deepEqual((await send(new s3.GetBucketTaggingCommand({ Bucket }))).TagSet, TagSet);

	const CORSRules = [{ AllowedMethods: ["GET", "PUT"], AllowedOrigins: ["https://example.com"], MaxAgeSeconds: 60 }];
	await send(new s3.PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
	assert.deepEqual((await send(new s3.GetBucketCorsCommand({ Bucket }))).CORSRules, CORSRules);

	const Rules = [{ ID: "old", Status: "Enabled", Filter: { Prefix: "logs/" }, Expiration: { Days: 30 } }];
	await send(new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
	assert.deepEqual((await send(new s3.GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules, Rules);

	const Statement = [{ Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/secret*` }];
	await send(new s3.PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
	assert.deepEqual(JSON.parse((await send(new s3.GetBucketPolicyCommand({ Bucket }))).Policy).Statement, Statement);
	await put("secret", "kept");
	await refused(get("secret"), "AccessDenied", 403);

	const encryption = await send(new s3.GetBucketEncryptionCommand({ Bucket }));
	const rule = encryption.ServerSideEncryptionConfiguration.Rules[0];
	assert.equal(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm, "AES256");
	const block = (await send(new s3.GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
	assert.equal(block.BlockPublicAcls, true);
	const owns = (await send(new s3.GetBucketOwnershipControlsCommand({ Bucket }))).OwnershipControls;
	assert.equal(owns.Rules[0].ObjectOwnership, "BucketOwnerEnforced");
	await refused(send(new s3.GetBucketWebsiteCommand({ Bucket })), "NoSuchWebsiteConfiguration", 404);
}

// Prints two addresses, to put to and to get from; the one who runs this uses them.
async function presign() {
	const Key = "signed +ü.txt";
	console.log(await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key }), { expiresIn: 600 }));
	console.log(await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key }), { expiresIn: 600 }));
}

async function errors() {
	await refused(get("nothing"), "NoSuchKey", 404);
	await refused(send(new s3.HeadObjectCommand({ Bucket, Key: "nothing" })), "NotFound", 404);
	await refused(send(new s3.ListObjectsV2Command({ Bucket: `${Bucket}-not` })), "NoSuchBucket", 404);
	await refused(send(new s3.CreateBucketCommand({ Bucket: "UPPER" })), "InvalidBucketName", 400);
	await put("once", "1", { IfNoneMatch: "*" });
	await refused(put("once", "2", { IfNoneMatch: "*" }), "PreconditionFailed", 412);
	const as = (accessKeyId, secretAccessKey) => new s3.S3Client({ credentials: { accessKeyId, secretAccessKey } });
	const list = new s3.ListBucketsCommand({});
	await refused(as(process.env.AWS_ACCESS_KEY_ID, "wrong").send(list), "SignatureDoesNotMatch", 403);
	await refused(as("AKIANOBODYHASTHISKEY", "wrong").send(list), "InvalidAccessKeyId", 403);
}

async function identities() {
	const UserName = `user-of-${Bucket}`, RoleName = `role-of-${Bucket}`;
	const people = new iam.IAMClient({});
	const { User } = await people.send(new iam.CreateUserCommand({ UserName }));
	const { AccessKey } = await people.send(new iam.CreateAccessKeyCommand({ UserName }));
	const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
	const user = new s3.S3Client({ credentials });
	await refused(user.send(new s3.ListObjectsV2Command({ Bucket })), "AccessDenied", 403);

	const trust = { Effect: "Allow", Principal: { AWS: User.Arn }, Action: "sts:AssumeRole" };
	const lists = { Effect: "Allow", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}` };
	const of = (Statement) => JSON.stringify({ Version: "2012-10-17", Statement });
	const { Role } = await people.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: of(trust) }));
	await people.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: "lists", PolicyDocument: of(lists) }));
	const { Credentials } = await new sts.STSClient({ credentials }).send(
		new sts.AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: "js" }));
	const session = new s3.S3Client({ credentials: { accessKeyId: Credentials.AccessKeyId,
		secretAccessKey: Credentials.SecretAccessKey, sessionToken: Credentials.SessionToken } });
	assert.equal((await session.send(new s3.ListObjectsV2Command({ Bucket }))).KeyCount, 0);
	await refused(session.send(new s3.PutObjectCommand({ Bucket, Key: "x", Body: "x" })), "AccessDenied", 403);
}

const steps = { whoami, objects, checksums, multipart, odd_keys, versions, configurations, presign, errors, identities };
if (!["whoami"].includes(step)) {
	await send(new s3.CreateBucketCommand({ Bucket }));
	await s3.waitUntilBucketExists({ client, maxWaitTime: 20 }, { Bucket });
}
await steps[step]();
