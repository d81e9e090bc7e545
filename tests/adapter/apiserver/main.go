// SPDX-License-Identifier: Apache-2.0

// Command apiserver is etcd or kube-apiserver, by its first argument: the part of Kubernetes that
// Prometheus Adapter asks which objects there are. One program, so that one link makes both.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "etcd" {
		etcdmain.Main(os.Args[1:])
		return
	}
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
