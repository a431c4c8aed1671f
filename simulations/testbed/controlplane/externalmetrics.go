package main

import (
	"context"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"
	"k8s.io/metrics/pkg/apis/external_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
)

// runExternalMetrics serves one external metric, from flags, by the library that KEDA's and prometheus-adapter's servers
// are made of: its TLS, its authentication and authorization by kube-apiserver, its discovery. Only the number is ours.
func runExternalMetrics() {
	server := cmd.AdapterBase{Name: "external-metrics", FlagSet: pflag.NewFlagSet("external-metrics", pflag.ExitOnError)}
	metric := server.Flags().String("metric", "queue_length", "the metric that is served, in every namespace")
	value := server.Flags().Int64("value", 42, "its value")
	if err := server.Flags().Parse(os.Args[1:]); err != nil {
		klog.Fatal(err)
	}
	server.WithExternalMetrics(oneMetric{*metric, *value})
	if err := server.Run(genericapiserver.SetupSignalContext()); err != nil {
		klog.Fatal(err)
	}
}

type oneMetric struct {
	name  string
	value int64
}

func (one oneMetric) ListAllExternalMetrics() []provider.ExternalMetricInfo {
	return []provider.ExternalMetricInfo{{Metric: one.name}}
}

func (one oneMetric) GetExternalMetric(_ context.Context, _ string, _ labels.Selector, asked provider.ExternalMetricInfo) (*external_metrics.ExternalMetricValueList, error) {
	if asked.Metric != one.name {
		return nil, provider.NewMetricNotFoundError(schema.GroupResource{Group: external_metrics.GroupName, Resource: "metrics"}, asked.Metric)
	}
	value := external_metrics.ExternalMetricValue{
		MetricName: one.name,
		Timestamp:  metav1.Now(),
		Value:      *resource.NewQuantity(one.value, resource.DecimalSI),
	}
	return &external_metrics.ExternalMetricValueList{Items: []external_metrics.ExternalMetricValue{value}}, nil
}
