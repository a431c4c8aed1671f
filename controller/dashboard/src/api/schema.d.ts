// Made from openapi.json by `npm run types`: change the API, and not this file.

export interface paths {
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The calendar of the namespaces that the caller may see. */
        get: operations["list"];
        put?: never;
        /** Announces an event, with the caller's own rights. */
        post: operations["create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{namespace}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes an event, with the caller's own rights. */
        put: operations["update"];
        post?: never;
        /** Deletes an event, with the caller's own rights. */
        delete: operations["delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the replay is; 404 where a cluster is shown. */
        get: operations["state"];
        put?: never;
        /** Tells the replay something, and says where it is then. */
        post: operations["command"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scalers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every scaler that the caller may see. */
        get: operations["fleet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scalers/{namespace}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One scaler in full. */
        get: operations["scaler"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scalers/{namespace}/{name}/accuracy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How right a scaler's forecasts were, and what they were worth. */
        get: operations["accuracy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scalers/{namespace}/{name}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A scaler's past, and what had been forecast of it. */
        get: operations["history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/scalers/{namespace}/{name}/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What would be planned, if something were otherwise. Changes nothing. */
        post: operations["what_if"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in. */
        get: operations["who"];
        put?: never;
        /** Signs in by a Kubernetes token. The session is kept in a cookie. */
        post: operations["sign_in"];
        /** Signs out. */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is connected, what fails, and how to fix it. */
        get: operations["setup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has changed, by server-sent events: `fleet` (`FleetNews`) at most once a second, `scaler` (`ScalerView`) after
         *     each tick of the scaler that is watched, `replay` (`ReplayState`) in a replay, and `reset` where what was missed is
         *     not known any more: everything is to be read anew then.
         */
        get: operations["stream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description How right a scaler's forecasts were. */
        Accuracy: {
            /** @description How often demand came at or below what was said, over the trail. */
            calibration: components["schemas"]["Calibration"][];
            /** @description What each class of events was worth. */
            events: components["schemas"]["EventsWorth"][];
            /** @description Errors by horizon, nearest first, as the forecaster keeps them: older ones fade over a day. */
            horizons: components["schemas"]["HorizonSkill"][];
            /**
             * Format: int32
             * @description Steps of the nearest horizon that were compared with what came.
             */
            judgedSteps: number;
            /**
             * Format: double
             * @description Late minutes of `reactive` that those of Prescale are fewer: of what ran in mode Active, and otherwise of the plan.
             *     Below 0 where they are more; `null` where one of them is unknown.
             */
            lateMinutesAvoided: number | null;
            /** @description What would have come of the plan, had all of it run one pod lead time later. */
            plan: components["schemas"]["Outcome"];
            /**
             * @description What would have come of a HorizontalPodAutoscaler that follows the same demand as it comes, with its window of five
             *     minutes before it shrinks, one pod lead time later; over those minutes of which there is a plan.
             */
            reactive: components["schemas"]["Outcome"];
            /** @description What came of the replicas that ran. */
            reality: components["schemas"]["Outcome"];
            /** @description All of it in a sentence. */
            saysWhat: string;
            /** @description What each leading signal was worth. */
            signals: components["schemas"]["SignalWorth"][];
            /**
             * Format: date-time
             * @description Since when the trail is kept that outcomes and calibration are reckoned over; `null` where there is none.
             */
            since: string | null;
            /**
             * Format: double
             * @description Minutes over which forecasts were made anew without an event or a signal, to see what it is worth; `null` where
             *     that has not been reckoned yet, or where there is nothing to judge by.
             */
            worthMinutes: number | null;
        };
        /** @description What the containers of a workload might request, from what they used in seven days. Nobody applies it. */
        AdviceShown: {
            /**
             * Format: date-time
             * @description When it was looked at.
             */
            at: string;
            /** @description One for each container of which use is known. */
            containers: components["schemas"]["ContainerAdviceShown"][];
            /** @description Why there is none, or what else is to be said, in a sentence. */
            message: string | null;
            /**
             * Format: double
             * @description Nodes that its pods would no longer take up; below 0, that they would take up more. `null` where unknown.
             */
            savesNodes: number | null;
            /**
             * Format: double
             * @description The same in money an hour; `null` while a node has no price.
             */
            savesPerHour: number | null;
        };
        /** @description So many replicas all the time: what a workload is compared with. */
        AlwaysOnShown: {
            /**
             * Format: date-time
             * @description The day on which it was observed; `null` where none was.
             */
            at: string | null;
            /**
             * Format: double
             * @description The demand that needed so many; `null` where none was observed.
             */
            demand: number | null;
            /**
             * Format: int32
             * @description Replicas.
             */
            replicas: number;
            /** @description How they are known: `Observed`, the most that demand needed in 14 days, or `MaxReplicas`. */
            source: string;
        };
        /** @description What came of another policy on the same recording. */
        Beside: {
            /**
             * Format: double
             * @description What it cost.
             */
            cost: number;
            /**
             * Format: double
             * @description Requests that were late.
             */
            lateRequests: number;
            /** @description Its name. */
            policy: string;
        };
        /** @description How often one quantile held. */
        Calibration: {
            /**
             * Format: double
             * @description The share that did; `null` before the first.
             */
            covered: number | null;
            /**
             * Format: double
             * @description The quantile: this share should have come at or below what was said.
             */
            quantile: number;
            /**
             * Format: int32
             * @description Steps that this was counted over.
             */
            steps: number;
        };
        /**
         * @description How a capacity is known.
         * @enum {string}
         */
        CapacityHow: "given" | "learned" | "learning";
        /** @description What one replica serves. */
        CapacityShown: {
            /** @description How it is known. */
            how: components["schemas"]["CapacityHow"];
            /**
             * Format: double
             * @description In the unit of demand; `null` while nobody knows.
             */
            perReplica: number | null;
        };
        /** @description One condition of a scaler's status. */
        ConditionShown: {
            /**
             * Format: date-time
             * @description Since when it is so.
             */
            lastTransitionTime: string;
            /** @description Why, in a sentence. */
            message: string;
            /** @description Why, in one word. */
            reason: string;
            /** @description `True`, `False` or `Unknown`. */
            status: string;
            /** @description Of what. */
            type: string;
        };
        /** @description What one container might request, as Kubernetes writes quantities. `null` where unknown. */
        ContainerAdviceShown: {
            /** @description Its name. */
            container: string;
            /** @description CPU. */
            cpu: string | null;
            /** @description Memory. */
            memory: string | null;
            /** @description CPU that it requests now. */
            requestedCpu: string | null;
            /** @description Memory that it requests now. */
            requestedMemory: string | null;
        };
        /**
         * @description What the nodes under a workload cost. A pod has the share of its node that it requests, of CPU or memory, whichever is
         *     more.
         */
        CostShown: {
            alwaysOn: components["schemas"]["AlwaysOnShown"] | null;
            /**
             * Format: double
             * @description Nodes that headroom takes up now; `null` where unknown.
             */
            headroomNodes: number | null;
            /**
             * Format: double
             * @description What headroom costs an hour; `null` where unknown.
             */
            headroomPerHour: number | null;
            /** @description Why something is not known, in a sentence. */
            message: string | null;
            money: components["schemas"]["CostSumShown"] | null;
            /** @description Node-hours since then. */
            nodeHours: components["schemas"]["CostSumShown"];
            /**
             * Format: double
             * @description Nodes that its pods take up now, in parts of a node; `null` where unknown.
             */
            nodes: number | null;
            /**
             * Format: double
             * @description What the nodes that its pods take up cost an hour; `null` while one of them has no price.
             */
            perHour: number | null;
            /**
             * Format: date-time
             * @description Since when it is summed up.
             */
            since: string;
            /** @description Nodes under its pods that have no price, the first five of them by name. */
            unpricedNodes: string[];
        };
        /** @description What was summed up. */
        CostSumShown: {
            /**
             * Format: double
             * @description Of headroom.
             */
            headroom: number;
            /**
             * Format: double
             * @description Hours that were counted.
             */
            hours: number;
            /**
             * Format: double
             * @description Of its pods.
             */
            pods: number;
            /**
             * Format: double
             * @description Replica-hours in that time.
             */
            replicaHours: number;
            /**
             * Format: double
             * @description How much less it is than what it is compared with; below 0 it is more, `null` where unknown.
             */
            saved: number | null;
        };
        /** @description What is planned along the horizon. */
        Course: {
            /** @description End of each step ahead. */
            at: string[];
            /** @description Demand at the risk quantile. */
            demand: number[];
            /** @description Node room to keep at that time, in pods. */
            headroom: number[];
            /** @description The plan of now. */
            plan: components["schemas"]["CoursePlan"];
            /** @description Replicas to ask for at that time, so that they are Ready when they are needed. */
            replicas: number[];
        };
        /** @description A plan in short. */
        CoursePlan: {
            /**
             * Format: int32
             * @description Node room to keep beyond them, in pods.
             */
            headroom: number;
            /**
             * Format: int32
             * @description Replicas that the workload should have.
             */
            replicas: number;
            /** @description Why, in a sentence. */
            sentence: string;
        };
        /** @description How an event is to be otherwise. */
        EventChange: {
            /** @description Whether it is to be called off. */
            cancelled?: boolean | null;
            /**
             * Format: double
             * @description How many times as large it is to be, above 0.
             */
            magnitudeTimes?: number | null;
            /** @description Which one. */
            name: string;
            /**
             * Format: double
             * @description Seconds by which it is to start and end later; earlier below 0.
             */
            shiftSeconds?: number | null;
            /**
             * Format: date-time
             * @description When it is to start, and end as much later.
             */
            startsAt?: string | null;
        };
        /** @description An event as people write it, with the fields of a `DemandEvent`. */
        EventDraft: {
            /** @description Whether it has been called off. It is then kept for the record and moves nothing. */
            cancelled?: boolean;
            /**
             * Format: double
             * @description Probability that it happens as announced, above 0 and up to 1; 1 where it is not said.
             */
            confidence?: number | null;
            /** @description How long it lasts, such as `2h`. Or say when it `endsAt`. */
            duration?: string | null;
            /** @description What it does. */
            effect?: components["schemas"]["EventEffect"];
            /** @description When it ends, written as `startsAt`. Or say its `duration`. */
            endsAt?: string | null;
            expectedDemand?: components["schemas"]["ExpectedDemandDraft"] | null;
            /** @description Its labels, by which scalers select it. */
            labels?: {
                [key: string]: string;
            };
            /**
             * Format: double
             * @description Its size in its class's own unit.
             */
            magnitude?: number | null;
            /** @description Its name. */
            name: string;
            /** @description Its namespace. */
            namespace: string;
            /** @description The version that was changed: another one's change since is then refused and not overwritten. */
            resourceVersion?: string | null;
            /** @description When it starts: local time of `timeZone`, or with an offset. */
            startsAt: string;
            /** @description IANA name of the zone of local times. */
            timeZone?: string | null;
            /** @description Its class, by which uplift is learned, such as `kick-off`. */
            type: string;
        };
        /**
         * @description What an event does.
         * @enum {string}
         */
        EventEffect: "Demand" | "Holiday" | "Exclusion";
        /** @description One event of the calendar. */
        EventRow: components["schemas"]["EventShort"] & {
            /**
             * Format: double
             * @description Probability that it happens as announced.
             */
            confidence: number;
            expectedDemand: components["schemas"]["ExpectedDemandShown"] | null;
            /** @description Its labels. */
            labels: {
                [key: string]: string;
            };
            /**
             * Format: double
             * @description Its size in its class's own unit; `null` where unknown.
             */
            magnitude: number | null;
            /** @description Its namespace. */
            namespace: string;
            /** @description How far it has come, such as `Announced`. */
            phase: string;
            /** @description What is wrong with it, in words; `null` where nothing is. */
            problem: string | null;
            /** @description Its version, to be sent back with a change. */
            resourceVersion: string;
            /** @description The scalers that plan with it, as `namespace/name`. */
            scalers: string[];
            /** @description IANA name of the zone that its times were written in; `null` where they have offsets. */
            timeZone: string | null;
        };
        /** @description An event that concerns a scaler. */
        EventShort: {
            /** @description What it does. */
            effect: components["schemas"]["EventEffect"];
            /**
             * Format: date-time
             * @description When it ends.
             */
            endsAt: string;
            /**
             * Format: double
             * @description Demand that people expect at its peak; `null` where they do not say.
             */
            expectedPeak: number | null;
            /**
             * Format: double
             * @description Demand with events of its class over demand without, as learned; `null` before the first.
             */
            learnedUplift: number | null;
            /** @description Name of the `DemandEvent`. */
            name: string;
            /**
             * Format: double
             * @description The most demand observed during it; `null` before it.
             */
            observedPeak: number | null;
            /**
             * Format: date-time
             * @description When it starts.
             */
            startsAt: string;
            /** @description Its class, by which uplift is learned. */
            type: string;
        };
        /** @description The calendar. */
        Events: {
            /** @description By their start. */
            items: components["schemas"]["EventRow"][];
            /**
             * Format: date-time
             * @description When this was said.
             */
            now: string;
        };
        /** @description What a class of events was worth. */
        EventsWorth: {
            /** @description The class. */
            class: string;
            /**
             * Format: double
             * @description Demand with one over demand without, at its peak; `null` before the first.
             */
            learnedUplift: number | null;
            /**
             * Format: double
             * @description Share of the error of forecasts around its events that is saved by knowing of them, over `worthMinutes`; below 0
             *     where they are worse, `null` where none fell into that time.
             */
            saves: number | null;
            /**
             * Format: int32
             * @description Events of it that were seen here.
             */
            seen: number;
            /** @description What that was worth, in words. */
            worth: string;
        };
        /** @description What people expect of an event, as they write it. */
        ExpectedDemandDraft: {
            /**
             * Format: double
             * @description Total demand at its peak, above 0.
             */
            peak: number;
            /** @description How long before the start demand begins to climb, such as `10m`; ten minutes where it is not said. */
            rampUp?: string | null;
        };
        /** @description What people expect of an event. */
        ExpectedDemandShown: {
            /**
             * Format: double
             * @description Total demand at its peak.
             */
            peak: number;
            /**
             * Format: double
             * @description How long before the start demand begins to climb, in seconds.
             */
            rampUpSeconds: number;
        };
        /** @description What is wrong with a field. */
        FieldError: {
            /** @description What is wrong with it, in a sentence. */
            detail: string;
            /** @description The field, such as `expectedDemand.peak`. */
            field: string;
        };
        /** @description Every scaler that the caller may see. */
        Fleet: {
            /**
             * Format: double
             * @description How far ahead rows look: `next` and `peak` lie within it.
             */
            horizonSeconds: number;
            /** @description By namespace and name. */
            items: components["schemas"]["ScalerRow"][];
            /**
             * Format: date-time
             * @description When this was said.
             */
            now: string;
            /** @description What this is known by: the stream, told it as `since`, misses nothing that came after. */
            since: string;
        };
        /** @description What has changed in the fleet since the last message. */
        FleetNews: {
            /** @description Rows that are new, or in which something that people see has changed. */
            items: components["schemas"]["ScalerRow"][];
            /**
             * Format: date-time
             * @description When this was said.
             */
            now: string;
            /** @description Scalers that are no more, or may no longer be seen, as `namespace/name`. */
            removed: string[];
        };
        /** @description The newest forecast. */
        ForecastShown: {
            /**
             * Format: date-time
             * @description End of the last step that it was made from.
             */
            origin: string;
            /** @description The quantiles that each step has. */
            quantiles: number[];
            /**
             * Format: double
             * @description Length of a step, in seconds.
             */
            stepSeconds: number;
            /** @description For each step ahead, demand at each quantile. The first step ends one step after the origin. */
            values: number[][];
            /** @description Why the last value stands in for a part of it, in words; `null` where all of it is served. */
            withheld: string | null;
        };
        /**
         * @description By what room is kept.
         * @enum {string}
         */
        HeadroomBy: "CapacityBuffer" | "PlaceholderPods";
        /** @description Node room that is kept for pods that are foreseen. */
        HeadroomShown: {
            by: components["schemas"]["HeadroomBy"] | null;
            condition: components["schemas"]["ConditionShown"] | null;
            /**
             * Format: int32
             * @description Pods that room is to be kept for, beyond those that exist or are asked for. In mode Shadow, what it would be.
             */
            pods: number;
            /**
             * Format: int32
             * @description Of them, those for which it is surely there; `null` where nobody says.
             */
            ready: number | null;
        };
        /** @description Errors at one horizon. */
        HorizonSkill: {
            /**
             * Format: double
             * @description Mean weighted quantile loss of forecasts, on the forecaster's own scale; `null` before the first.
             */
            error: number | null;
            /**
             * Format: double
             * @description How far ahead, in seconds.
             */
            horizonSeconds: number;
            /**
             * Format: double
             * @description The same of the last value with its band.
             */
            lastValueError: number | null;
            /**
             * Format: double
             * @description Share of the last value's error that forecasts save.
             */
            skill: number | null;
            /**
             * Format: int32
             * @description Steps that were judged.
             */
            steps: number;
        };
        /** @description The HPA that follows the plan. */
        HpaShown: {
            /** @description Its name; `null` where none follows. */
            name: string | null;
            /** @description What was found of it, in words; `null` where nothing was. */
            says: string | null;
        };
        /** @description Pods that are needed before nodes can have them. */
        LateShown: {
            /**
             * Format: date-time
             * @description When.
             */
            by: string;
            /**
             * Format: int32
             * @description Pods that will be needed.
             */
            needed: number;
            /**
             * Format: date-time
             * @description When a node that is on its way has its first pod Ready.
             */
            nodeReady: string;
            /**
             * Format: int32
             * @description Of them, those that surely have room.
             */
            room: number;
            /** @description All of it in a sentence, with what it would have taken. */
            says: string;
        };
        /** @description Lead times. */
        LeadTimeShown: {
            /**
             * Format: double
             * @description Seconds until it is Ready on a node that must be launched first.
             */
            nodeSeconds: number;
            /**
             * Format: double
             * @description Seconds until a pod that is asked for now is Ready, on a node that is there.
             */
            podSeconds: number;
        };
        /** @description Time from asking for capacity to its serving, and how it is known. */
        LeadTimesShown: {
            /**
             * Format: double
             * @description Of both, the seconds that the HPA takes to read the plan.
             */
            hpaSeconds: number;
            /** @description Of a pod on a node that must be launched first. */
            node: components["schemas"]["StartShown"];
            /** @description Of a pod on a node that is there. */
            pod: components["schemas"]["StartShown"];
        };
        /** @description The newest sample of a series. */
        Newest: {
            /**
             * Format: date-time
             * @description When it is of.
             */
            at: string;
            /**
             * Format: double
             * @description Its value.
             */
            value: number;
        };
        /** @description What came of replicas. */
        Outcome: {
            /**
             * Format: double
             * @description Minutes in which demand was more than what they serve; `null` while nobody knows what a replica serves.
             */
            lateMinutes: number | null;
            /**
             * Format: double
             * @description Minutes that this was reckoned over.
             */
            minutes: number;
            /**
             * Format: double
             * @description Replicas times hours; `null` where none were seen.
             */
            replicaHours: number | null;
        };
        /** @description The most of a forecast. */
        PeakShown: {
            /**
             * Format: date-time
             * @description When it is expected.
             */
            at: string;
            /**
             * Format: double
             * @description Demand at the risk quantile.
             */
            demand: number;
        };
        /** @description The latest plan. */
        PlanShown: {
            /**
             * Format: double
             * @description What the metric answers; `null` where nothing is known.
             */
            demand: number | null;
            /**
             * Format: int32
             * @description Node room to keep beyond them, in pods.
             */
            headroom: number;
            /** @description The lead times that it reckons with. */
            leadTime: components["schemas"]["LeadTimeShown"];
            /**
             * Format: date-time
             * @description When it was made.
             */
            madeAt: string;
            /**
             * Format: double
             * @description Demand observed; `null` while the source is silent.
             */
            observed: number | null;
            /** @description Why this many. */
            reason: components["schemas"]["ReasonShown"];
            /**
             * Format: int32
             * @description Replicas that the workload should have.
             */
            replicas: number;
        };
        /** @description Pods of the workload that do not serve, or not for long. */
        PodsShown: {
            /**
             * Format: int32
             * @description Pods whose node is about to vanish. As many more are asked for.
             */
            going: number;
            /**
             * Format: int32
             * @description Pods that no node has room for now.
             */
            pending: number;
        };
        /** @description Nodes of one pool that have pods of the workload. */
        PoolShown: {
            /**
             * Format: int32
             * @description Of them, those that are about to vanish.
             */
            going: number;
            /**
             * Format: double
             * @description Seconds that its nodes take to launch, at the risk quantile; `null` before three were seen.
             */
            launchSeconds: number | null;
            /**
             * Format: int32
             * @description Launches that this is known from.
             */
            launches: number;
            /**
             * Format: int32
             * @description Nodes of the pool that are on their way, whoever asked for them.
             */
            launching: number;
            /** @description Its name; `null` of nodes that are in none. */
            name: string | null;
            /**
             * Format: int32
             * @description How many they are.
             */
            nodes: number;
            /**
             * Format: double
             * @description What that costs an hour; `null` while one of those nodes has no price.
             */
            perHour: number | null;
            /**
             * Format: double
             * @description What its pods take of those nodes, in parts of a node.
             */
            takenNodes: number;
        };
        /** @description Why a call was not answered as asked. */
        Problem: {
            /** @description What is wrong, in a sentence. */
            detail: string;
            /** @description What is wrong with which field of what was sent, where that is known. */
            errors?: components["schemas"]["FieldError"][];
            /** @description How one can sign in, where nobody is signed in. */
            signIn?: components["schemas"]["SignIn"][];
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The status in words. */
            title: string;
            /** @description Always `about:blank`: the status says what kind it is. */
            type: components["schemas"]["ProblemType"];
        };
        /**
         * @description The kind of a problem, of which there is one.
         * @enum {string}
         */
        ProblemType: "about:blank";
        /** @description Why a plan is what it is. */
        ReasonShown: {
            /** @description In one word, such as `Forecast`. */
            code: string;
            /** @description What drove it, in words. */
            driver: string;
            /** @description What held it back, in words; `null` where nothing did. */
            limit: string | null;
            /** @description The reason in one sentence. */
            sentence: string;
            /** @description The sum behind the sentence, in order. */
            sum: components["schemas"]["Term"][];
        };
        /** @description A stretch of time over which one reason stood. */
        ReasonSpan: {
            /**
             * Format: date-time
             * @description Its first tick.
             */
            from: string;
            /**
             * Format: int32
             * @description Replicas planned.
             */
            replicas: number;
            /** @description The sentence of its last tick. */
            sentence: string;
            /**
             * Format: date-time
             * @description Its last tick.
             */
            to: string;
        };
        /** @description What a replay is told: an object with one of these fields. */
        ReplayCommand: {
            /**
             * Format: double
             * @description So many virtual seconds are to pass in a second.
             */
            speed: number;
        } | {
            /** @description Stand still. */
            pause: boolean;
        } | {
            /** @description Go on. */
            resume: boolean;
        } | {
            /**
             * Format: date-time
             * @description Go to this moment, as fast as possible.
             */
            jumpTo: string;
        } | {
            /** @description Begin anew. */
            restart: boolean;
        };
        /** @description An event of a recording. */
        ReplayEvent: {
            /** @description Its name. */
            name: string;
            /**
             * Format: date-time
             * @description When it starts.
             */
            startsAt: string;
        };
        /** @description What came of a replay. */
        ReplayResult: {
            /** @description What came of other policies beside it. */
            beside: components["schemas"]["Beside"][];
            /**
             * Format: double
             * @description What it cost, in the recording's currency.
             */
            cost: number;
            /**
             * Format: double
             * @description Requests that were late.
             */
            lateRequests: number;
            /**
             * Format: double
             * @description All requests.
             */
            requests: number;
        };
        /** @description Where a replay is. */
        ReplayState: {
            /**
             * Format: date-time
             * @description The moment that it has come to.
             */
            at: string;
            /** @description Whether it has come to its end. */
            ended: boolean;
            /**
             * Format: double
             * @description Seconds until it ends by itself, since nobody watches; `null` while somebody does.
             */
            endsIn: number | null;
            /** @description Events that one can jump to. */
            events: components["schemas"]["ReplayEvent"][];
            /**
             * Format: date-time
             * @description Its first moment.
             */
            from: string;
            /** @description Whether it stands still. */
            paused: boolean;
            /** @description The policy that runs. */
            policy: string;
            /** @description Name of the recording. */
            recording: string;
            result: components["schemas"]["ReplayResult"] | null;
            /**
             * Format: double
             * @description Virtual seconds that pass in a second.
             */
            speed: number;
            /**
             * Format: date-time
             * @description Its last moment.
             */
            to: string;
        };
        /**
         * @description What a plan may touch.
         * @enum {string}
         */
        ScalerMode: "Shadow" | "Active" | "Paused";
        /** @description One scaler in the list. */
        ScalerRow: {
            /**
             * Format: date-time
             * @description When this was planned.
             */
            at: string;
            /**
             * Format: double
             * @description Demand observed now; `null` while the source is silent.
             */
            demand: number | null;
            /** @description What its plan may touch. */
            mode: components["schemas"]["ScalerMode"];
            /** @description Its name. */
            name: string;
            /** @description Its namespace. */
            namespace: string;
            /**
             * @description Demand at the risk quantile for the coming hour, as far as it is forecast: up to 12 values, evenly apart. Empty
             *     while nothing is forecast.
             */
            next: number[];
            peak: components["schemas"]["PeakShown"] | null;
            /**
             * Format: int32
             * @description Replicas that are planned; `null` before the first plan.
             */
            planned: number | null;
            /** @description Why so many, in a sentence. */
            reason: string;
            /**
             * Format: int32
             * @description Replicas that the workload is asked to have; `null` where it cannot be read.
             */
            running: number | null;
            /**
             * Format: double
             * @description Share of the last value's error that forecasts save, over what was judged; below 0 where they are worse, `null`
             *     while nothing was.
             */
            skill: number | null;
            /** @description Whether somebody should look. */
            state: components["schemas"]["ScalerState"];
            /** @description Kind and name of the workload, such as `Deployment gateway`. */
            target: string;
            /** @description The worst that was found, in words; `null` where nothing is wrong. */
            wrong: string | null;
        };
        /**
         * @description Whether somebody should look at a scaler.
         * @enum {string}
         */
        ScalerState: "ok" | "warning" | "failing";
        /** @description One scaler in full, as of its last tick. */
        ScalerView: {
            advice: components["schemas"]["AdviceShown"] | null;
            /** @description As in its status. */
            conditions: components["schemas"]["ConditionShown"][];
            cost: components["schemas"]["CostShown"] | null;
            /** @description The events that concern it. */
            events: components["schemas"]["EventShort"][];
            forecast: components["schemas"]["ForecastShown"] | null;
            /** @description Node room that is kept for it. */
            headroom: components["schemas"]["HeadroomShown"];
            /** @description The HPA that follows the plan. */
            hpa: components["schemas"]["HpaShown"];
            /**
             * Format: double
             * @description Messages that wait; `null` where unknown.
             */
            lag: number | null;
            late: components["schemas"]["LateShown"] | null;
            /** @description How long its pods take to start. */
            leadTimes: components["schemas"]["LeadTimesShown"];
            /**
             * Format: int32
             * @description Nodes that have pods of it; `null` where unknown.
             */
            nodes: number | null;
            /** @description The latest plan. */
            plan: components["schemas"]["PlanShown"];
            pods: components["schemas"]["PodsShown"] | null;
            /** @description The same by pool, in order of their names; empty where unknown. */
            pools: components["schemas"]["PoolShown"][];
            /** @description As in the list. */
            row: components["schemas"]["ScalerRow"];
            /** @description The leading signals, in the order of the spec. */
            signals: components["schemas"]["SignalShown"][];
            /** @description What it runs on. */
            spec: components["schemas"]["SpecShown"];
            workload: components["schemas"]["WorkloadShown"] | null;
        };
        /** @description Who is signed in. */
        Session: {
            /** @description Whether events may be changed in any namespace, as far as known. */
            canChangeEvents: boolean;
            /** @description The name that the operator gave the cluster; `null` where there is none. */
            cluster: string | null;
            /** @description To be sent with each change as `X-Prescale-CSRF`; `null` where no cookie is used. */
            csrf: string | null;
            /**
             * Format: date-time
             * @description When the session ends; `null` where it does not.
             */
            expiresAt: string | null;
            /** @description Whether a cluster or a recording is shown. */
            mode: components["schemas"]["SessionMode"];
            /** @description The name that Kubernetes knows the user by. */
            user: string;
            /** @description Version of Prescale. */
            version: string;
            /** @description How they came in. */
            via: components["schemas"]["Via"];
        };
        /**
         * @description What is shown.
         * @enum {string}
         */
        SessionMode: "live" | "replay";
        /** @description Everything that Prescale leans on. */
        Setup: {
            /** @description What fails comes first. */
            items: components["schemas"]["SetupItem"][];
        };
        /** @description One thing that Prescale leans on. */
        SetupItem: {
            /** @description What to do about it; `null` where nothing is to be done. */
            fix: string | null;
            /** @description A constant word, such as `prometheus`. */
            id: string;
            /** @description How it fares, in a sentence. */
            says: string;
            /** @description How it fares. */
            state: components["schemas"]["SetupState"];
            /** @description What it is, in words. */
            what: string;
        };
        /**
         * @description How something fares.
         * @enum {string}
         */
        SetupState: "ok" | "failing" | "off";
        /**
         * @description A way to sign in.
         * @enum {string}
         */
        SignIn: "token" | "oidc";
        /** @description A leading signal. */
        SignalShown: {
            /** @description Its name. */
            name: string;
            newest: components["schemas"]["Newest"] | null;
            /** @description Why it could not be read at the last tick; `null` where it could. */
            problem: string | null;
            /** @description Where it is observed, in words. */
            source: string;
        };
        /** @description What a leading signal was worth. */
        SignalWorth: {
            /** @description Its name. */
            name: string;
            /**
             * Format: double
             * @description Share of the error of forecasts that is saved by it, over `worthMinutes`; below 0 where they are worse, `null`
             *     where too little was seen of it.
             */
            saves: number | null;
            /** @description In words; `null` where nobody knows yet. */
            worth: string | null;
        };
        /** @description What a scaler runs on. */
        SpecShown: {
            /** @description What one replica serves. */
            capacity: components["schemas"]["CapacityShown"];
            /** @description Where demand is observed, in words. */
            demandSource: string;
            /** @description What happens when the demand source falls silent, in words. */
            fallback: string;
            /**
             * Format: double
             * @description How far ahead is forecast, in seconds.
             */
            horizonSeconds: number;
            /**
             * Format: int32
             * @description The most replicas.
             */
            maxReplicas: number;
            /**
             * Format: int32
             * @description The least replicas.
             */
            minReplicas: number;
            /**
             * Format: double
             * @description Quantile of demand that is provisioned for.
             */
            risk: number;
            /**
             * Format: double
             * @description Step of the demand series, in seconds.
             */
            stepSeconds: number;
        };
        /**
         * @description How a lead time is known.
         * @enum {string}
         */
        StartHow: "typed" | "measured" | "pool" | "prior";
        /** @description One lead time. */
        StartShown: {
            /** @description How it is known. */
            how: components["schemas"]["StartHow"];
            /**
             * Format: double
             * @description Seconds, as the plan reckons with it: at the risk quantile.
             */
            seconds: number;
            /**
             * Format: int32
             * @description Starts that are remembered.
             */
            starts: number;
        };
        /** @description One line of the sum behind a sentence. */
        Term: {
            /** @description What it is. */
            label: string;
            /** @description How much, as people read it. */
            value: string;
        };
        /** @description Signing in by a Kubernetes token. */
        TokenSignIn: {
            /**
             * Format: password
             * @description The token.
             */
            token: string;
        };
        /** @description A scaler's past, in columns of the same length; `null` where something is not known of that time. */
        Trail: {
            /** @description End of each step. */
            at: string[];
            /** @description Demand. */
            demand: (number | null)[];
            /** @description The median forecast for that time, made one pod lead time before. */
            forecast: (number | null)[];
            /** @description Node room kept, in pods. */
            headroom: (number | null)[];
            /** @description Of it, what was surely there; `null` where nobody said. */
            headroomReady: (number | null)[];
            /** @description The risk quantile of the same. */
            high: (number | null)[];
            /** @description The 0.1 quantile of the same. */
            low: (number | null)[];
            /** @description Nodes that had pods of it. */
            nodes: (number | null)[];
            /** @description Replicas planned. */
            planned: (number | null)[];
            /** @description Pods that served. */
            ready: (number | null)[];
            /** @description Why so many, in order of time. */
            reasons: components["schemas"]["ReasonSpan"][];
            /** @description Replicas that the workload was asked to have. */
            running: (number | null)[];
            /** @description What the metric answered. */
            served: (number | null)[];
            /** @description Each leading signal, by its name. */
            signals: {
                [key: string]: (number | null)[];
            };
            /**
             * Format: double
             * @description Step of the demand series, in seconds. A silent source leaves gaps.
             */
            stepSeconds: number;
        };
        /**
         * @description How somebody came in.
         * @enum {string}
         */
        Via: "token" | "oidc" | "anonymous" | "replay";
        /** @description What is to be otherwise. What is left out stays as it is. */
        WhatIf: {
            /** @description Events that are to be added. */
            add?: components["schemas"]["EventDraft"][];
            /** @description Events that are to be otherwise. */
            events?: components["schemas"]["EventChange"][];
            /**
             * Format: int32
             * @description The most replicas.
             */
            maxReplicas?: number | null;
            /**
             * Format: int32
             * @description The least replicas.
             */
            minReplicas?: number | null;
            /**
             * Format: double
             * @description Seconds until a pod is Ready on a node that must be launched first.
             */
            nodeSeconds?: number | null;
            /**
             * Format: double
             * @description What one replica serves, above 0, in the unit of demand.
             */
            perReplica?: number | null;
            /**
             * Format: double
             * @description Seconds until a pod is Ready on a node that is there.
             */
            podSeconds?: number | null;
            /**
             * Format: double
             * @description Quantile of demand to provision for, within (0, 1).
             */
            risk?: number | null;
        };
        /** @description What is and what would be. */
        WhatIfAnswer: {
            /** @description As it would be. */
            after: components["schemas"]["Course"];
            /** @description As it is. */
            before: components["schemas"]["Course"];
            /** @description The difference in a sentence. */
            says: string;
        };
        /** @description The workload as the cluster has it. */
        WorkloadShown: {
            /**
             * Format: int32
             * @description Pods that exist, pending ones included.
             */
            existing: number;
            /**
             * Format: int32
             * @description Pods that serve; `null` where unknown.
             */
            ready: number | null;
            /**
             * Format: int32
             * @description Replicas asked for.
             */
            replicas: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Events"];
                };
            };
        };
    };
    create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventDraft"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventRow"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventDraft"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventRow"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                name: string;
                /** @description The version that is meant; any where it is left out. */
                resourceVersion: string | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
        };
    };
    state: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayState"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    command: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayCommand"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayState"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fleet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Only those of this namespace. */
                namespace: string | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    scaler: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScalerView"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accuracy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accuracy"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    history: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                name: string;
                /** @description Its begin; as far back as is kept in memory where it is left out. */
                from: string | null;
                /** @description Its end; now where it is left out. */
                to: string | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Trail"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    what_if: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WhatIf"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhatIfAnswer"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    who: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenSignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setup"];
                };
            };
        };
    };
    stream: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A scaler that is to be told in full after each of its ticks, as `namespace/name`. */
                scaler: string | null;
                /**
                 * @description What the fleet was last known by: `since` of the list. Nothing since then is missed. A browser that reconnects
                 *     says it by itself, as `Last-Event-ID`.
                 */
                since: string | null;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["FleetNews"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
