// s3 STEP BUCKET FOLDER: one step of a session with the AWS SDK for Go, as a program of a user's would do it. Where the
// cloud is and whose keys sign, the SDK finds by itself. Ends with 0 when all was as it should be.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

var (
	ctx    = context.Background()
	conf   = must(config.LoadDefaultConfig(ctx))
	client = s3.NewFromConfig(conf)
	bucket *string
	folder string
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func same(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Sprintf("%s: %#v instead of %#v", what, got, want))
	}
}

func refused(err error, code string, status int) {
	var said smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &said) || !errors.As(err, &response) {
		panic(fmt.Sprintf("%v instead of %s", err, code))
	}
	same("refusal", []any{said.ErrorCode(), response.HTTPStatusCode()}, []any{code, status})
}

func second[T any](_ T, err error) error { return err }

func put(key string, body io.Reader, more ...func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
	in := &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: body}
	for _, f := range more {
		f(in)
	}
	return client.PutObject(ctx, in)
}

func get(key string, more ...func(*s3.GetObjectInput)) ([]byte, error) {
	in := &s3.GetObjectInput{Bucket: bucket, Key: &key}
	for _, f := range more {
		f(in)
	}
	out, err := client.GetObject(ctx, in)
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

func remove(key string) *s3.DeleteObjectOutput {
	return must(client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: &key}))
}

func file(name string) *os.File { return must(os.Open(filepath.Join(folder, name))) }

func whoami() {
	said := must(sts.NewFromConfig(conf).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	same("arn", *said.Arn, "arn:aws:iam::"+*said.Account+":root")
	fmt.Println(*said.Account)
}

func objects() {
	data := must(os.ReadFile(filepath.Join(folder, "big.bin")))
	must(put("text", strings.NewReader("a string"), func(in *s3.PutObjectInput) {
		in.ContentType, in.Metadata = aws.String("text/plain"), map[string]string{"version": "1.0"}
	}))
	must(put("empty", strings.NewReader("")))
	must(put("bytes", bytes.NewReader(data)))
	must(put("file", file("big.bin")))
	for _, key := range []string{"bytes", "file"} {
		same(key, sha256.Sum256(must(get(key))), sha256.Sum256(data))
	}
	same("empty", len(must(get("empty"))), 0)
	part := must(get("bytes", func(in *s3.GetObjectInput) { in.Range = aws.String("bytes=1000-1999") }))
	same("range", part, data[1000:2000])
	head := must(client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("text"),
		ChecksumMode: types.ChecksumModeEnabled}))
	same("head", []any{*head.ContentLength, *head.ContentType, head.Metadata, head.ChecksumCRC32 != nil},
		[]any{int64(8), "text/plain", map[string]string{"version": "1.0"}, true})
	must(client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copy"),
		CopySource: aws.String(*bucket + "/bytes")}))
	same("copy", sha256.Sum256(must(get("copy"))), sha256.Sum256(data))
	remove("copy")
	refused(second(get("copy")), "NoSuchKey", 404)
	var list []types.ObjectIdentifier
	for _, key := range []string{"text", "empty", "bytes", "file", "never"} {
		list = append(list, types.ObjectIdentifier{Key: aws.String(key)})
	}
	gone := must(client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: list}}))
	same("deleted", []int{len(gone.Deleted), len(gone.Errors)}, []int{5, 0})
}

func checksums() {
	for _, a := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		of := func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = a }
		key := string(a)
		wrote := must(put(key, strings.NewReader("checked"), of))
		got := must(client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key,
			ChecksumMode: types.ChecksumModeEnabled}))
		same(key, string(must(io.ReadAll(got.Body))), "checked")
		field := "Checksum" + key
		same(field, reflect.ValueOf(*got).FieldByName(field).Interface(), reflect.ValueOf(*wrote).FieldByName(field).Interface())
	}
}

func multipart() {
	up := manager.NewUploader(client, func(u *manager.Uploader) { u.PartSize = 5 << 20 })
	key := aws.String("big.bin")
	// A pipe has no length and cannot be read twice, as what a program makes while it sends.
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, file("big.bin"))
		w.CloseWithError(err)
	}()
	done := must(up.Upload(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: r}))
	same("etag", strings.HasSuffix(*done.ETag, `-4"`), true)
	buffer := manager.NewWriteAtBuffer(nil)
	down := manager.NewDownloader(client)
	must(down.Download(ctx, buffer, &s3.GetObjectInput{Bucket: bucket, Key: key}))
	same("download", sha256.Sum256(buffer.Bytes()), sha256.Sum256(must(os.ReadFile(filepath.Join(folder, "big.bin")))))
	head := must(client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key, PartNumber: aws.Int32(2)}))
	same("part", []any{*head.PartsCount, *head.ContentLength}, []any{int32(4), int64(5 << 20)})

	key = aws.String("left")
	id := must(client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})).UploadId
	must(client.UploadPart(ctx, &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: id, PartNumber: aws.Int32(1),
		Body: strings.NewReader("x")}))
	same("parts", len(must(client.ListParts(ctx, &s3.ListPartsInput{Bucket: bucket, Key: key, UploadId: id})).Parts), 1)
	must(client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: id}))
	same("uploads", len(must(client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: bucket})).Uploads), 0)
}

func oddKeys() {
	var keys, seen []string
	must(0, json.Unmarshal(must(os.ReadFile(filepath.Join(folder, "keys.json"))), &keys))
	for _, key := range keys {
		must(put(key, strings.NewReader("it is "+key)))
	}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: aws.Int32(7)})
	for pages.HasMorePages() {
		for _, o := range must(pages.NextPage(ctx)).Contents {
			seen = append(seen, *o.Key)
		}
	}
	slices.Sort(keys)
	slices.Sort(seen)
	same("keys", seen, keys)
	for _, key := range keys {
		same(key, string(must(get(key))), "it is "+key)
		source := url.PathEscape(*bucket + "/" + key)
		must(client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copy/" + key), CopySource: &source}))
		remove(key)
		same(key, string(must(get("copy/"+key))), "it is "+key)
	}
	top := must(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Delimiter: aws.String("/")}))
	same("prefixes", []any{len(top.CommonPrefixes), *top.CommonPrefixes[0].Prefix}, []any{1, "copy/"})
}

func versions() {
	must(client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}))
	first := must(put("v", strings.NewReader("one")))
	must(put("v", strings.NewReader("two")))
	marker := remove("v")
	same("marker", *marker.DeleteMarker, true)
	refused(second(get("v")), "NoSuchKey", 404)
	old := must(get("v", func(in *s3.GetObjectInput) { in.VersionId = first.VersionId }))
	same("old", string(old), "one")
	all := must(client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: bucket}))
	same("versions", []int{len(all.Versions), len(all.DeleteMarkers)}, []int{2, 1})
	must(client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("v"), VersionId: marker.VersionId}))
	same("new", string(must(get("v"))), "two")
}

func configurations() {
	tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("ml + öl")}}}
	must(client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: bucket, Tagging: tags}))
	same("tags", must(client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})).TagSet, tags.TagSet)

	cors := []types.CORSRule{{AllowedMethods: []string{"GET", "PUT"}, AllowedOrigins: []string{"https://example.com"},
		MaxAgeSeconds: aws.Int32(60)}}
	must(client.PutBucketCors(ctx, &s3.PutBucketCorsInput{Bucket: bucket,
		CORSConfiguration: &types.CORSConfiguration{CORSRules: cors}}))
	same("cors", must(client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: bucket})).CORSRules, cors)

	rules := []types.LifecycleRule{{ID: aws.String("old"), Status: types.ExpirationStatusEnabled,
		Filter:     &types.LifecycleRuleFilter{Prefix: aws.String("logs/")},
		Expiration: &types.LifecycleExpiration{Days: aws.Int32(30)}}}
	must(client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: bucket,
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}}))
	same("lifecycle", must(client.GetBucketLifecycleConfiguration(ctx,
		&s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})).Rules, rules)

	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",`+
		`"Action":"s3:GetObject","Resource":"arn:aws:s3:::%s/secret*"}]}`, *bucket)
	must(client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: &policy}))
	must(put("secret", strings.NewReader("kept")))
	refused(second(get("secret")), "AccessDenied", 403)

	seals := must(client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket}))
	same("encryption", seals.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm,
		types.ServerSideEncryptionAes256)
	block := must(client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucket}))
	same("block", *block.PublicAccessBlockConfiguration.BlockPublicAcls, true)
	owns := must(client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: bucket}))
	same("ownership", owns.OwnershipControls.Rules[0].ObjectOwnership, types.ObjectOwnershipBucketOwnerEnforced)
	refused(second(client.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: bucket})), "NoSuchWebsiteConfiguration", 404)
}

// Prints two addresses, to put to and to get from; the one who runs this uses them.
func presign() {
	signer, key := s3.NewPresignClient(client), aws.String("signed +ü.txt")
	fmt.Println(must(signer.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key})).URL)
	fmt.Println(must(signer.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})).URL)
}

func as(id, secret, token string) aws.Config {
	other := conf.Copy()
	other.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token)
	return other
}

func refusals() {
	refused(second(get("nothing")), "NoSuchKey", 404)
	refused(second(client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("nothing")})), "NotFound", 404)
	not := aws.String(*bucket + "-not")
	refused(second(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: not})), "NoSuchBucket", 404)
	refused(second(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("UPPER")})), "InvalidBucketName", 400)
	once := func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }
	must(put("once", strings.NewReader("1"), once))
	refused(second(put("once", strings.NewReader("2"), once)), "PreconditionFailed", 412)
	id := must(conf.Credentials.Retrieve(ctx)).AccessKeyID
	_, err := s3.NewFromConfig(as(id, "wrong", "")).ListBuckets(ctx, &s3.ListBucketsInput{})
	refused(err, "SignatureDoesNotMatch", 403)
	_, err = s3.NewFromConfig(as("AKIANOBODYHASTHISKEY", "wrong", "")).ListBuckets(ctx, &s3.ListBucketsInput{})
	refused(err, "InvalidAccessKeyId", 403)
}

func identities() {
	user, role, people := aws.String("user-of-"+*bucket), aws.String("role-of-"+*bucket), iam.NewFromConfig(conf)
	arn := *must(people.CreateUser(ctx, &iam.CreateUserInput{UserName: user})).User.Arn
	key := must(people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user})).AccessKey
	his := as(*key.AccessKeyId, *key.SecretAccessKey, "")
	list := &s3.ListObjectsV2Input{Bucket: bucket}
	refused(second(s3.NewFromConfig(his).ListObjectsV2(ctx, list)), "AccessDenied", 403)

	of := func(statement string) *string {
		return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + statement + `}]}`)
	}
	made := must(people.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role,
		AssumeRolePolicyDocument: of(`"Principal":{"AWS":"` + arn + `"},"Action":"sts:AssumeRole"`)}))
	must(people.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: role, PolicyName: aws.String("lists"),
		PolicyDocument: of(`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::` + *bucket + `"`)}))
	got := must(sts.NewFromConfig(his).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: made.Role.Arn,
		RoleSessionName: aws.String("go")})).Credentials
	session := s3.NewFromConfig(as(*got.AccessKeyId, *got.SecretAccessKey, *got.SessionToken))
	same("keys", *must(session.ListObjectsV2(ctx, list)).KeyCount, int32(0))
	_, err := session.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("x"), Body: strings.NewReader("x")})
	refused(err, "AccessDenied", 403)
}

var steps = map[string]func(){"whoami": whoami, "objects": objects, "checksums": checksums, "multipart": multipart,
	"odd_keys": oddKeys, "versions": versions, "configurations": configurations, "presign": presign,
	"errors": refusals, "identities": identities}

func main() {
	bucket, folder = &os.Args[2], os.Args[3]
	if os.Args[1] != "whoami" {
		must(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}))
		must(0, s3.NewBucketExistsWaiter(client).Wait(ctx, &s3.HeadBucketInput{Bucket: bucket}, 20*time.Second))
	}
	steps[os.Args[1]]()
}
