//! Lines, polygons and cells on the sphere.

use super::rows;

/// A polygon along parallels and meridians near the equator, as the language writes it.
fn square(west: f64, south: f64, east: f64, north: f64) -> String {
    format!(
        "dynamic({{'type':'Polygon','coordinates':[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}})"
    )
}

fn line(places: &str) -> String {
    format!("dynamic({{'type':'LineString','coordinates':{places}}})")
}

#[test]
fn lengths_and_areas_are_those_of_the_sphere() {
    let equator = line("[[0,0],[90,0]]");
    assert_eq!(
        rows(&format!(
            "print round(geo_line_length({equator}) - 6371010 * pi() / 2, 3)"
        )),
        "[[0.0]]"
    );
    // An eighth of the sphere.
    assert_eq!(
        rows(
            "print round(geo_polygon_area(dynamic({'type':'Polygon','coordinates':[[[0,0],[90,0],[0,90],[0,0]]]})) / (pi() * 6371010 * 6371010), 9)"
        ),
        "[[0.5]]"
    );
    assert_eq!(
        rows(&format!(
            "print round(geo_line_locate_point({equator}, 30, 20), 6), geo_line_centroid({equator}).type, round(todouble(geo_line_interpolate_point({equator}, 0.25).coordinates[0]), 6)"
        )),
        r#"[[0.333333,"Point",22.5]]"#
    );
}

#[test]
fn what_is_inside_is_nothing_away() {
    let shape = square(0.0, -1.0, 2.0, 1.0);
    assert_eq!(
        rows(&format!(
            "print geo_distance_point_to_polygon(1, 0, {shape}), round(geo_distance_point_to_polygon(3, 0, {shape}) / (6371010 * pi() / 180), 6), geo_point_in_polygon(3, 0, {shape}), geo_point_in_polygon(181, 0, {shape})"
        )),
        "[[0.0,1.0,false,null]]"
    );
    // The place opposite is not inside.
    assert_eq!(
        rows(&format!("print geo_point_in_polygon(-179, 0, {shape})")),
        "[[false]]"
    );
}

#[test]
fn a_union_starts_after_the_last_edge_that_was_given() {
    let (a, b) = (square(0.0, 0.0, 2.0, 2.0), square(1.0, -1.0, 3.0, 1.0));
    let union = rows(&format!(
        "print p = geo_union_polygons_array(pack_array({a}, {b})) | mv-expand c = p.coordinates[0] | project round(todouble(c[0]), 2), round(todouble(c[1]), 2)"
    ));
    assert_eq!(
        union,
        "[[1.0,-1.0],[3.0,-1.0],[3.0,1.0],[2.0,1.0],[2.0,2.0],[0.0,2.0],[0.0,0.0],[1.0,0.0],[1.0,-1.0]]"
    );
    let area = |shape: &str| format!("geo_polygon_area({shape})");
    let joined = format!("geo_union_polygons_array(pack_array({a}, {b}))");
    let common = format!("geo_intersection_2polygons({a}, {b})");
    assert_eq!(
        rows(&format!(
            "print abs({} + {} - {} - {}) < 0.01 * {}",
            area(&a),
            area(&b),
            area(&joined),
            area(&common),
            area(&a)
        )),
        "[[true]]"
    );
}

#[test]
fn lines_meet_in_places_and_stretches() {
    let (a, b) = (line("[[-1,0],[1,0]]"), line("[[0,-1],[0,1]]"));
    assert_eq!(
        rows(&format!(
            "print i = geo_intersection_2lines({a}, {b}) | project i.type, abs(todouble(i.coordinates[0])) < 1e-9, geo_intersection_2lines({a}, {a}).type, geo_intersects_2lines({a}, {b})"
        )),
        r#"[["Point",true,"LineString",true]]"#
    );
    let shape = square(-0.5, -1.0, 0.5, 1.0);
    assert_eq!(
        rows(&format!(
            "print i = geo_intersection_line_with_polygon({a}, {shape}) | project i.type, round(todouble(i.coordinates[0][0]), 6), round(todouble(i.coordinates[1][0]), 6)"
        )),
        r#"[["LineString",-0.5,0.5]]"#
    );
}

#[test]
fn cells_have_the_tokens_of_their_libraries() {
    assert_eq!(
        rows(
            "print geo_point_to_s2cell(-80.195829, 25.802215, 8), geo_h3cell_parent('862a1072fffffff'), geo_h3cell_level('862a1072fffffff'), array_length(geo_h3cell_children('862a1072fffffff'))"
        ),
        r#"[["88d9b","852a1073fffffff",6,7]]"#
    );
    assert_eq!(
        rows("print geo_geohash_neighbors('sunny')"),
        r#"[[["sunnt","sunpj","sunnx","sunpn","sunnv","sunpp","sunnz","sunnw"]]]"#
    );
    // No cell at all.
    assert_eq!(
        rows(
            "print geo_point_to_s2cell(1, 1, 31), isnull(geo_s2cell_to_polygon('@')), geo_h3cell_parent('x'), isnull(geo_geohash_neighbors('a'))"
        ),
        r#"[["",true,"",true]]"#
    );
}

#[test]
fn the_cells_that_cover_a_shape_hold_its_places() {
    let shape = square(0.0, 0.0, 2.0, 2.0);
    assert_eq!(
        rows(&format!(
            "let cells = geo_polygon_to_s2cells({shape}, 7); range x from 0.05 to 1.95 step 0.1 | extend y = 1.95 - x / 2 | where not(set_has_element(cells, geo_point_to_s2cell(x, y, 7))) | count"
        )),
        "[[0]]"
    );
    assert_eq!(
        rows(&format!(
            "print isnull(geo_polygon_to_s2cells({shape}, 30))"
        )),
        "[[true]]"
    );
}

#[test]
fn what_the_service_computes_by_an_unknown_way_is_refused() {
    for call in [
        "geo_point_buffer(1, 1, 100)".to_owned(),
        format!("geo_line_simplify({}, 10)", line("[[0,0],[1,1]]")),
        format!("geo_polygon_to_h3cells({})", square(0.0, 0.0, 1.0, 1.0)),
    ] {
        let error = super::run(&format!("print {call}"), &super::env()).expect_err(&call);
        assert_eq!(error.kind(), "unsupported", "{call}");
    }
    // What lies closer together than the tolerance leaves nothing.
    assert_eq!(
        rows(&format!(
            "print isnull(geo_line_simplify({}, 200000)), isnull(geo_polygon_simplify({}, 200000))",
            line("[[0,0],[1,1]]"),
            square(0.0, 0.0, 1.0, 1.0),
        )),
        "[[true,true]]"
    );
    let sphere = "geo_distance_2points(0, 0, 1, 1";
    assert_eq!(
        rows(&format!("print {sphere}) == {sphere}, false)")),
        "[[true]]"
    );
    let error = super::run(&format!("print {sphere}, true)"), &super::env()).expect_err("no");
    assert_eq!(error.kind(), "unsupported");
    // Of what is not valid, the result is known.
    assert_eq!(
        rows("print isnull(geo_point_buffer(200, 1, 1)), isnull(geo_point_buffer(1, 1, -1))"),
        "[[true,true]]"
    );
}

#[test]
fn well_known_text_is_read() {
    assert_eq!(
        rows("print geo_from_wkt('GEOMETRYCOLLECTION (POINT (1 2), MULTIPOINT ((1 1), 2 2))')"),
        r#"[[{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1.0,2.0]},{"type":"MultiPoint","coordinates":[[1.0,1.0],[2.0,2.0]]}]}]]"#
    );
    assert_eq!(
        rows("print isnull(geo_from_wkt('LINESTRING')), isnull(geo_from_wkt('POINT (1 2) x'))"),
        "[[true,true]]"
    );
}

#[test]
fn places_are_looked_up_in_shapes() {
    let shape = square(0.0, 0.0, 1.0, 1.0);
    let lookup = |rest: &str| {
        rows(&format!(
            "let S = datatable(n:string, p:dynamic)['a', {shape}]; datatable(x:real, y:real)[0.5, 0.5, 1.5, 0.5] | evaluate geo_polygon_lookup(S, x, y, p{rest}) | project x, n | sort by x asc"
        ))
    };
    assert_eq!(lookup(""), r#"[[0.5,"a"]]"#);
    assert_eq!(
        lookup(", return_unmatched = true"),
        r#"[[0.5,"a"],[1.5,""]]"#
    );
    assert_eq!(lookup(", radius = 60000"), r#"[[0.5,"a"],[1.5,"a"]]"#);
}

#[test]
fn lists_of_lists_are_flat() {
    assert_eq!(
        rows(
            "datatable(a:dynamic)[dynamic([1,2]), dynamic(3), dynamic([4,5])] | summarize make_list(a), b = make_list(a, 4)"
        ),
        "[[[1,2,3,4,5],[1,2,3,4]]]"
    );
}
