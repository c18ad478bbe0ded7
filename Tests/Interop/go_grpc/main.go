// Go's gRPC, which is kubectl's, Istio's and most controllers': asks an edge, and prints what came.
//
// Arguments: the address, a question about something open, one about something that is waited for; messages in base64.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

const check = "/envoy.service.auth.v3.Authorization/Check"

// Messages are bytes already.
type raw struct{}

func (raw) Marshal(v interface{}) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v interface{}) error { *v.(*[]byte) = data; return nil }
func (raw) Name() string                               { return "proto" }

func main() {
	connection, err := grpc.Dial(os.Args[1], grpc.WithInsecure(), grpc.WithBlock(), grpc.WithTimeout(30*time.Second))
	if err != nil {
		panic(err)
	}
	open, _ := base64.StdEncoding.DecodeString(os.Args[2])
	held, _ := base64.StdEncoding.DecodeString(os.Args[3])
	ask := func(method string, question []byte, limit time.Duration, options ...grpc.CallOption) string {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		var answer []byte
		err := connection.Invoke(ctx, method, &question, &answer, append(options, grpc.ForceCodec(raw{}))...)
		return status.Code(err).String()
	}
	found := map[string]interface{}{}

	client := health.NewHealthClient(connection)
	answer, err := client.Check(context.Background(), &health.HealthCheckRequest{})
	found["health"] = answer.GetStatus().String()
	_, err = client.Check(context.Background(), &health.HealthCheckRequest{Service: "other"})
	found["other"] = status.Code(err).String()
	watch, err := client.Watch(context.Background(), &health.HealthCheckRequest{})
	if err == nil {
		_, err = watch.Recv()
	}
	found["watch"] = status.Code(err).String()

	found["none"] = ask("/none", open, 30*time.Second)
	found["compressed"] = ask(check, open, 30*time.Second, grpc.UseCompressor(gzip.Name))
	found["held"] = ask(check, held, 300*time.Millisecond)
	found["large"] = ask(check, make([]byte, 4<<20), 30*time.Second)
	var all sync.WaitGroup
	var lock sync.Mutex
	codes := map[string]int{}
	for i := 0; i < 1000; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			code := ask(check, open, 30*time.Second)
			lock.Lock()
			codes[code]++
			lock.Unlock()
		}()
	}
	all.Wait()
	found["many"] = codes
	json.NewEncoder(os.Stdout).Encode(found)
}
