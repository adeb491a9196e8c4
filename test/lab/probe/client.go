// A client of a node: asks the Kubernetes API through the node's own load balancer and pods of other nodes, again and
// again, and tells the longest time in which nothing was answered. Settings come as JSON on standard input; SIGTERM ends
// it, and then it writes its report as JSON to the file that the settings name.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type settings struct {
	Server    string   `json:"server"`
	Authority string   `json:"authority"`
	Token     string   `json:"token"`
	Node      string   `json:"node"`
	Rate      int      `json:"rate"`
	Pods      []string `json:"pods"`
	Report    string   `json:"report"`
}

// All times in milliseconds; `at` since 1970.
type series struct {
	Name      string `json:"name"`
	Answered  int    `json:"answered"`
	Failed    int    `json:"failed"`
	Gap       int64  `json:"gap"`
	GapAt     int64  `json:"gapAt"`
	Slowest   int64  `json:"slowest"`
	LastError string `json:"lastError"`

	mutex sync.Mutex
	last  time.Time
}

func (s *series) answered(began time.Time) {
	now := time.Now()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.Answered++
	if slow := now.Sub(began).Milliseconds(); slow > s.Slowest {
		s.Slowest = slow
	}
	s.gapUntil(now)
	s.last = now
}

func (s *series) gapUntil(now time.Time) {
	if s.last.IsZero() {
		return
	}
	if gap := now.Sub(s.last).Milliseconds(); gap > s.Gap {
		s.Gap, s.GapAt = gap, s.last.UnixMilli()
	}
}

func (s *series) failed(why error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.Failed++
	s.LastError = why.Error()
}

// Requests begin at their time whether those before have ended or not, so one that hangs hides no other.
func repeat(done <-chan struct{}, s *series, rate int, ask func(context.Context) error) {
	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()
	room := make(chan struct{}, 10*rate)
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		select {
		case room <- struct{}{}:
		default:
			continue
		}
		go func() {
			defer func() { <-room }()
			limit, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			began := time.Now()
			if err := ask(limit); err != nil {
				s.failed(err)
			} else {
				s.answered(began)
			}
		}()
	}
}

func exchange(client *http.Client, token, method, url string, body []byte) func(context.Context) error {
	return func(limit context.Context) error {
		request, err := http.NewRequestWithContext(limit, method, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		if body != nil {
			request.Header.Set("Content-Type", "application/merge-patch+json")
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	}
}

// A watch that stays open; each time it ends before its hour is a failure.
func watch(done <-chan struct{}, s *series, client *http.Client, own settings) {
	for {
		request, _ := http.NewRequest("GET", own.Server+"/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=3600", nil)
		request.Header.Set("Authorization", "Bearer "+own.Token)
		response, err := client.Do(request)
		if err == nil && response.StatusCode == http.StatusOK {
			decoder := json.NewDecoder(response.Body)
			for {
				began := time.Now()
				var event json.RawMessage
				if err = decoder.Decode(&event); err != nil {
					break
				}
				s.answered(began)
			}
			response.Body.Close()
		} else if err == nil {
			err = fmt.Errorf("status %d", response.StatusCode)
			response.Body.Close()
		}
		select {
		case <-done:
			return
		default:
		}
		s.failed(err)
		time.Sleep(50 * time.Millisecond)
	}
}

func main() {
	var own settings
	if err := json.NewDecoder(os.Stdin).Decode(&own); err != nil {
		panic(err)
	}
	authority, err := os.ReadFile(own.Authority)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := func(kept bool) *http.Client {
		return &http.Client{Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: roots},
			ForceAttemptHTTP2: true,
			DisableKeepAlives: !kept,
		}}
	}
	done := make(chan struct{})
	var all []*series
	add := func(name string) *series {
		s := &series{Name: name}
		all = append(all, s)
		return s
	}
	object := own.Server + "/api/v1/namespaces/default/configmaps/probe-" + own.Node
	go repeat(done, add("kept"), own.Rate, exchange(transport(true), own.Token, "GET", object, nil))
	go repeat(done, add("fresh"), own.Rate, exchange(transport(false), own.Token, "GET", object, nil))

	writes := transport(true)
	go repeat(done, add("write"), 4, func(limit context.Context) error {
		change := fmt.Appendf(nil, `{"data":{"at":"%d"}}`, time.Now().UnixNano())
		return exchange(writes, own.Token, "PATCH", object, change)(limit)
	})
	go watch(done, add("watch"), transport(true), own)
	for _, pod := range own.Pods {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		go repeat(done, add("pod "+pod), 4, exchange(client, "", "GET", "http://"+pod+":8080/", nil))
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
	close(done)
	now := time.Now()
	for _, s := range all {
		s.mutex.Lock()
		s.gapUntil(now)
	}
	text, _ := json.Marshal(all)
	if err := os.WriteFile(own.Report+".new", text, 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(own.Report+".new", own.Report); err != nil {
		panic(err)
	}
}
