/** What web answers and is asked under `/api/plan/`; `ref/openapi-web.json` has every field. */

export type LonLat = readonly [number, number];
export type Ring = readonly LonLat[];

export type Area =
  | { readonly type: "Polygon"; readonly coordinates: readonly Ring[] }
  | { readonly type: "MultiPolygon"; readonly coordinates: readonly (readonly Ring[])[] };

/** A position a PTZ returns to; `time_share` from 0 to 1, those of a camera add up to 1 at most. */
export interface Preset {
  readonly name: string;
  readonly bearing_deg: number;
  readonly tilt_deg: number;
  readonly hfov_deg: number;
  readonly time_share: number;
}

/** A row of `ref/plan-scenario.schema.json`, in degrees; bearings from true north. */
export interface CameraRow {
  readonly id: string;
  readonly position: LonLat;
  readonly height_m: number;
  readonly bearing_deg: number;
  readonly tilt_deg: number;
  readonly model?: string | null;
  readonly width_px?: number | null;
  readonly height_px?: number | null;
  readonly hfov_deg?: number | null;
  readonly night_range_m?: number | null;
  readonly site?: string;
  readonly arm?: string;
  readonly phase?: string;
  readonly kind?: "fixed" | "ptz" | null;
  readonly presets?: readonly Preset[];
}

export interface ZoneRow {
  readonly id: string;
  readonly shape: Area;
  readonly name?: string;
  readonly weight?: number;
}

export interface Draft {
  readonly cameras: readonly CameraRow[];
  readonly zones: readonly ZoneRow[];
}

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly kind: "fixed" | "ptz";
  readonly width_px: number;
  readonly height_px: number;
  readonly hfov_deg: number;
  readonly hfov_tele_deg: number | null;
  readonly night_range_m: number | null;
}

export interface DensityClass {
  readonly id: string;
  readonly name: string;
  readonly name_fr: string;
  readonly least_px_m: number;
}

interface Feature {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly geometry: { readonly type: string; readonly coordinates: unknown };
}

export interface Ground {
  readonly version: string;
  readonly centre: LonLat;
  readonly buildings: readonly { readonly rings: readonly Ring[]; readonly height_m: number; readonly is_assumed: boolean }[];
  readonly streets: { readonly features: readonly Feature[] };
  readonly water: { readonly features: readonly Feature[] };
  readonly zones: readonly { readonly id: string; readonly name: string; readonly shape: Area }[];
  readonly perimeter: Area | null;
  readonly phases: readonly { readonly id: string; readonly name: string }[];
  readonly sites: Readonly<Record<string, string>>;
  readonly models: readonly Model[];
  readonly classes: readonly DensityClass[];
}

export interface Said {
  readonly field: string;
  readonly message: string;
  readonly message_fr: string;
}

export interface Share {
  readonly class_id: string;
  readonly by_one: number;
  readonly by_two: number;
  readonly at_an_instant: number;
  readonly at_night: number;
  readonly grid_doubt: number;
}

export interface ZoneShares {
  readonly id: string;
  readonly street_m2: number;
  readonly classes: readonly Share[];
}

export interface CameraFigures {
  readonly id: string;
  readonly vfov_deg: number;
  readonly reaches: readonly { readonly height_m: number; readonly near_m: number | null; readonly far_m: number | null }[];
  readonly class_distances_m: Readonly<Record<string, number>>;
  readonly depression_deg: Readonly<Record<string, number>>;
  readonly ground_m2: number;
  readonly bands: readonly Band[];
}

export interface Band {
  readonly class_id: string;
  readonly area_m2: number;
  readonly geometry: Area | null;
}

export interface Dwelling {
  readonly id: string;
  readonly street: string;
  readonly shape: Area;
}

export interface CameraMasks {
  readonly article: string;
  readonly plan: {
    readonly views: readonly {
      readonly view: number;
      readonly polygons: readonly unknown[];
      readonly dwellings: readonly string[];
      readonly picture_share: number;
      readonly widest_margin_px: number;
    }[];
    readonly refusals: readonly { readonly building_id: string; readonly view: number; readonly reason: string; readonly reason_fr: string }[];
    /** By zone, of the street that it sees there. */
    readonly lost: Readonly<Record<string, number>>;
  };
  readonly device: { readonly max_masks: number; readonly max_points: number; readonly rectangle_only: boolean; readonly is_camera: boolean; readonly said: string; readonly said_fr: string };
  readonly map_doubt_m: number;
  readonly aim_doubt_deg: number;
  readonly lost_share: number;
  readonly unmasked: readonly Dwelling[];
}

export interface CameraView {
  readonly camera: CameraFigures | null;
  /** By its own light; null when nobody stated its range. */
  readonly night: { readonly reach_m: number; readonly ground_m2: number; readonly bands: readonly Band[] } | null;
  readonly dead: Area | null;
  readonly zones: readonly ZoneShares[];
  readonly assumed_heights: number;
  readonly preview: string;
  readonly masks: CameraMasks | null;
  readonly warnings: readonly Said[];
}

export interface PlanMasks {
  readonly article: string;
  readonly cameras: number;
  readonly masks: number;
  readonly unmasked: readonly { readonly camera_id: string; readonly dwellings: readonly string[]; readonly reason: string; readonly reason_fr: string }[];
  readonly lost: readonly { readonly zone_id: string; readonly class_id: string; readonly share: number }[];
}

export interface PlanFigures {
  readonly cameras: number;
  readonly sites: number;
  readonly street_m2: number;
  readonly seen_m2: Readonly<Record<string, number>>;
  readonly seen_at_night_m2: Readonly<Record<string, number>>;
  readonly night_unknown: readonly string[];
  readonly zones: readonly ZoneShares[];
  readonly losses: readonly {
    readonly kind: string;
    readonly failed_id: string;
    readonly zone_id: string;
    readonly class_id: string;
    readonly share: number;
  }[];
  readonly cost: {
    readonly low_eur: number;
    readonly likely_eur: number;
    readonly high_eur: number;
    readonly is_guess: boolean;
    readonly says: string;
    readonly says_fr: string;
  };
  readonly warnings: readonly Said[];
}

export interface ScenarioName {
  readonly id: string;
  readonly name: string;
  readonly based_on: string;
  readonly version: number;
  readonly by: string;
  readonly at: string;
  readonly note: string;
}

export interface Scenario extends ScenarioName, Draft {
  /** The last one first. */
  readonly versions: readonly { readonly number: number; readonly by: string; readonly at: string; readonly note: string }[];
}
