// SPDX-License-Identifier: Apache-2.0
//
// Field lists of Fleet and Demand.
#include "config/fleet_entries.h"

namespace tidegate::config {

void Describe(FieldVisitor& v, SliceEntry& s) {
  v.Field("profile", s.profile,
          {.doc = "As the driver, Kubernetes or mig-parted spells it.", .required = true});
  v.Field(
      "start", s.start,
      {.doc = "The first memory slice; needless where there is only one.", .min = 0, .max = 63});
  v.Field("id", s.id, {.doc = "Empty: GPU@START."});
  v.Field("workload", s.workload, {.doc = "Who runs there."});
  v.Field("pinned", s.pinned, {.doc = "Never moved."});
}

void Describe(FieldVisitor& v, DeviceEntry& s) {
  v.Field("model", s.model,
          {.doc = "The catalogue's name (a100-40gb), NVML's product name or a PCI id.",
           .required = true});
  v.Field("nodes", s.nodes,
          {.doc = "Machines; the GPUs of each are called NODE/gpu-0 … in the order of the files."});
  v.Field("count", s.count,
          {.doc = "GPUs on each node.", .min = 0, .max = static_cast<double>(kMostDevices)});
  v.Field("id", s.id, {.doc = "Of a single GPU, instead of the name made of node and number."});
  v.Field("domain", s.domain, {.doc = "The NVLink domain."});
  v.Field(
      "state", s.state,
      {.doc = "Cordoned: takes nothing new. Draining: takes nothing, and a repack empties it."});
  v.Field("slices", s.slices, {.doc = "What runs on each of these GPUs."});
}

void Describe(FieldVisitor& v, FleetEntry& s) {
  v.Field(
      "driver", s.driver,
      {.doc = "The driver's branch, such as 535: profiles that are too new for it are left out. "
              "0: all of them.",
       .min = 0,
       .max = 10'000});
  v.Field("prices", s.prices,
          {.doc = "Of a GPU, by model, in any unit; 1 where absent.", .min = 0, .max = 1e9});
  v.Field("devices", s.devices, {.doc = "GPUs, alike ones together.", .required = true});
}

void Describe(FieldVisitor& v, WorkloadEntry& s) {
  v.Field("name", s.name, {.doc = "Its slices are called NAME-0 …", .required = true});
  v.Field("profile", s.profile, {.doc = "Just this one; else what follows says what will do."});
  v.Quantity("memory", s.memory, {.doc = "A slice has at least so much, such as 10Gi.", .min = 0});
  v.Field("smCount", s.sm_count,
          {.doc = "A slice has at least so many streaming multiprocessors.", .min = 0});
  v.Field(
      "count", s.count,
      {.doc = "Slices beside those that run.", .min = 0, .max = static_cast<double>(kMostSlices)});
  v.Quantity(
      "rate", s.rate,
      {.doc = "Instead of all that: slices of whatever sizes serve so many requests a second …",
       .min = 0,
       .max = kMostRate});
  v.Field("slo", s.slo, {.doc = "… each within so long; 0: however late …", .min = 0});
  v.Field("table", s.table, {.doc = "… as the ThroughputTable of this name says."});
}

void Describe(FieldVisitor& v, ThroughputEntry& s) {
  v.Field("model", s.model, {.doc = "Of the GPU; absent: that of the table."});
  v.Field("profile", s.profile,
          {.doc = "As the driver, Kubernetes or mig-parted spells it.", .required = true});
  v.Quantity("rate", s.rate,
             {.doc = "Requests a second that a replica on one such slice serves …",
              .min = 0.001,
              .max = kMostRowRate,
              .required = true});
  v.Field("latency", s.latency,
          {.doc = "… each within so long: the percentile that the SLO is about, such as the 99th.",
           .min = 0,
           .required = true});
  v.Quantity(
      "memory", s.memory,
      {.doc = "What it takes of the slice's memory; 0: not known, and not checked.", .min = 0});
}

void Describe(FieldVisitor& v, TableEntry& s) {
  v.Field("model", s.model, {.doc = "Of the GPU, of rows that name none."});
  v.Field("rows", s.rows,
          {.doc = "Measurements; of several of one profile the highest rate within the SLO counts.",
           .required = true});
}

void Describe(FieldVisitor& v, DemandEntry& s) {
  v.Field("workloads", s.workloads, {.doc = "Who wants slices, each once.", .required = true});
}

}  // namespace tidegate::config
